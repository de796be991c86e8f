// Loads Clerk's browser SDK once per document, and mounts its components: those of the page, and those that htmx or other
// scripts insert later. Part of Clerk for Rust, MIT OR Apache-2.0.
(() => {
  "use strict";
  const tag = document.currentScript;
  // A document has one SDK, also if a swap brings this script again.
  if (window.__clerkComponents) return;
  window.__clerkComponents = true;

  const WAIT = 10_000;
  const options = JSON.parse(tag.dataset.clerkLoad);
  const hasUi = tag.dataset.clerkUi !== undefined;
  const nonce = tag.nonce || undefined;
  const mounted = new Map();
  let state = "loading";
  let isLoading = false;
  let host = null;

  const parse = (element) => JSON.parse(element.dataset.clerkOptions || "{}");

  const showSlots = () => {
    document.documentElement.dataset.clerkState = state;
    for (const slot of document.querySelectorAll("[data-clerk-when]")) {
      slot.hidden = slot.dataset.clerkWhen !== state;
    }
    for (const button of document.querySelectorAll("[data-clerk-needs-sdk]")) {
      button.disabled = state !== "loaded";
    }
  };

  const mount = (element) => {
    const name = element.dataset.clerkComponent;
    if (name === "GoogleOneTap") {
      window.Clerk.openGoogleOneTap(parse(element));
      return () => window.Clerk.closeGoogleOneTap();
    }
    const placeholder = [...element.childNodes];
    element.replaceChildren();
    try {
      window.Clerk["mount" + name](element, parse(element));
    } catch (error) {
      // For example, a component for signed-in users on a page for everybody: what the server sent remains.
      console.warn("Clerk could not mount " + name, error);
      element.replaceChildren(...placeholder);
      element.querySelectorAll("[data-clerk-when]").forEach((slot) => {
        slot.dataset.clerkWhen = slot.dataset.clerkWhen === "failed" ? "loaded" : "never";
      });
      return () => {};
    }
    return () => window.Clerk["unmount" + name](element);
  };

  const update = () => {
    // Swapping the body must not remove the element that the SDK renders from.
    if (host && !host.isConnected) document.body.append(host);
    for (const [element, unmount] of mounted) {
      if (!element.isConnected) {
        mounted.delete(element);
        unmount();
      }
    }
    if (state === "loaded") {
      for (const element of document.querySelectorAll("[data-clerk-component]")) {
        if (!mounted.has(element)) mounted.set(element, mount(element));
      }
    }
    showSlots();
  };

  const enter = (next) => {
    state = next;
    update();
  };

  const fail = () => {
    if (state === "loading") enter("failed");
  };

  const load = async () => {
    const ui = window.__internal_ClerkUICtor;
    if (isLoading || !window.Clerk || (hasUi && !ui)) return;
    isLoading = true;
    try {
      await window.Clerk.load({ ...options, nonce, ...(hasUi && { ui: { ClerkUI: ui } }) });
      if (!window.Clerk.loaded) throw new Error("the browser SDK did not load");
      host = document.getElementById("clerk-components");
      enter("loaded");
    } catch (error) {
      console.error("Clerk could not be loaded", error);
      fail();
    }
  };

  const isSdk = (element) =>
    element.matches?.("script[data-clerk-js-script], script[data-clerk-ui-script]");
  document.addEventListener("load", (event) => isSdk(event.target) && load(), true);
  document.addEventListener("error", (event) => isSdk(event.target) && fail(), true);
  setTimeout(fail, WAIT);
  load();

  new MutationObserver((changes) => {
    const isOwn = (change) => change.target.closest?.("[data-clerk-component]");
    if (!changes.every(isOwn)) update();
  }).observe(document.documentElement, { childList: true, subtree: true });

  const actions = {
    "sign-in": ({ mode, ...rest }) =>
      mode === "modal"
        ? window.Clerk.openSignIn(rest)
        : window.Clerk.redirectToSignIn({
            ...rest,
            signInForceRedirectUrl: rest.forceRedirectUrl,
            signInFallbackRedirectUrl: rest.fallbackRedirectUrl,
          }),
    "sign-up": ({ mode, ...rest }) =>
      mode === "modal"
        ? window.Clerk.openSignUp(rest)
        : window.Clerk.redirectToSignUp({
            ...rest,
            signUpForceRedirectUrl: rest.forceRedirectUrl,
            signUpFallbackRedirectUrl: rest.fallbackRedirectUrl,
          }),
    "sign-out": (rest) => window.Clerk.signOut(rest),
    checkout: (rest) => window.Clerk.__internal_openCheckout(rest),
    "subscription-details": (rest) => window.Clerk.__internal_openSubscriptionDetails(rest),
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-clerk-action]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!button || state !== "loaded" || !isPlain) return;
    const options = parse(button);
    // A link without options is enough by itself.
    if (button.tagName === "A" && Object.keys(options).length === 0) return;
    event.preventDefault();
    actions[button.dataset.clerkAction](options);
  });

  // A tab that slept has an expired token in its cookie: it is renewed before htmx sends the request.
  document.addEventListener("htmx:confirm", (event) => {
    if (event.defaultPrevented || state !== "loaded" || !window.Clerk.session) return;
    event.preventDefault();
    const send = () => event.detail.issueRequest(!event.detail.question);
    const late = new Promise((resolve) => setTimeout(resolve, 3_000));
    Promise.race([window.Clerk.session.getToken(), late]).then(send, send);
  });

  // The SDK announces that the browser leaves the page, and does nothing more on it. Where only the fragment of the address
  // differs, as between two tasks of a session, the browser leaves nothing.
  let isLeaving = false;
  window.addEventListener("clerk:beforeunload", () => (isLeaving = true));
  window.addEventListener("hashchange", () => isLeaving && location.reload());

  // The page that htmx was to go back to is refused by now: the browser asks for it, and is told where to sign in.
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());

  // A page that the browser kept may show what its user, who signed out since, could see.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
