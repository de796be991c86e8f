// The client: signs users in with Clerk's browser SDK, and calls the API with their session token.

const element = (id) => document.getElementById(id);
const settings = await (await fetch("/settings.json")).json();

// ---- Calls to the API ----

/**
 * Calls the API as the signed-in user, or anonymously. Asks for the token before each call instead of keeping it: a token is
 * valid for a minute, and `getToken()` renews it in time.
 */
async function call(method, path, { body, anonymous = false } = {}) {
  const session = anonymous ? null : window.Clerk?.session;
  let answer = await send(method, path, body, await session?.getToken());
  if (answer.status === 401 && session) {
    // The token looked valid here, but not to the API: a clock is wrong. A new one helps, or the session has ended.
    answer = await send(method, path, body, await session.getToken({ skipCache: true }));
  }
  return answer;
}

async function send(method, path, body, token) {
  const headers = {};
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    const response = await fetch(new URL(path, settings.api), { method, headers, body: body && JSON.stringify(body) });
    answer = { status: response.status, body: await response.json().catch(() => null) };
  } catch {
    // The browser does not tell pages why: the API is not running, or its CORS settings do not name this origin.
    answer = { status: 0, body: null };
  }
  record(method, path, token, answer);
  return answer;
}

/** Says what an answer means for the person, or returns null if the call succeeded. */
function problem({ status }) {
  if (status >= 200 && status < 300) return null;
  const texts = {
    0: `The API at ${settings.api} does not answer.`,
    401: "You are signed out. Sign in again to continue.",
    403: "Only admins of the active organization may do this.",
    503: "The API cannot reach Clerk right now. Try again in a moment.",
  };
  return texts[status] ?? `The API answered with status ${status}.`;
}

// ---- The list of requests ----

let lastToken;

function record(method, path, token, { status, body }) {
  const cell = (className, text) => Object.assign(document.createElement("span"), { className, textContent: text });
  const row = document.createElement("li");
  row.dataset.status = status;
  row.append(
    cell("line", `${method} ${path}`),
    cell(`status ${status >= 200 && status < 300 ? "good" : "bad"}`, status || "no answer"),
    cell("detail", `${describe(token)}${explain(body)}`),
  );
  element("requests").prepend(row);
  while (element("requests").children.length > 8) element("requests").lastChild.remove();
  element("quiet").hidden = true;
}

function describe(token) {
  if (!token) return "no token";
  // Only to show it. The API is the one that checks tokens.
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const seconds = Math.round(JSON.parse(atob(payload)).exp - Date.now() / 1000);
  const which = token === lastToken ? "same token" : "new token";
  lastToken = token;
  return seconds > 0 ? `${which}, valid for ${seconds} s` : `${which}, expired`;
}

function explain(body) {
  const error = body?.errors?.[0];
  if (error) return ` · ${error.reason ?? error.code}`;
  return body?.user_id ? ` · ${body.user_id}${body.role ? `, ${body.role}` : ""}` : "";
}

// ---- Notes ----

function show(answer) {
  const text = problem(answer);
  element("problem").hidden = text === null;
  element("problem").textContent = text;
  if (text !== null || !Array.isArray(answer.body)) return;
  element("notes").replaceChildren(
    ...answer.body.map(({ id, text }) => {
      const remove = Object.assign(document.createElement("button"), { textContent: "Remove" });
      remove.setAttribute("aria-label", `Remove “${text}”`);
      remove.onclick = async () => show(await call("DELETE", `/notes/${id}`));
      const row = document.createElement("li");
      row.append(Object.assign(document.createElement("span"), { textContent: text }), remove);
      return row;
    }),
  );
  element("empty").hidden = answer.body.length > 0;
}

element("add").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  const answer = await call("POST", "/notes", { body: { text: form.elements.text.value } });
  // What was typed stays until it has been saved.
  if (problem(answer) === null) form.reset();
  show(answer);
};

for (const button of document.querySelectorAll("[data-method]")) {
  button.onclick = async () => {
    const { method, path, anonymous } = button.dataset;
    const answer = await call(method, path, { anonymous: anonymous !== undefined });
    // That an anonymous request is refused is what the button shows, and no problem.
    if (anonymous === undefined) show(answer);
  };
}

// ---- Signing in and out ----

const appearance = {
  variables: {
    colorPrimary: "var(--brand)",
    colorPrimaryForeground: "var(--on-brand)",
    colorBackground: "var(--card)",
    colorForeground: "var(--ink)",
    colorMutedForeground: "var(--soft)",
    colorNeutral: "var(--ink)",
    colorInput: "var(--field)",
    colorInputForeground: "var(--ink)",
    colorMuted: "var(--paper)",
    fontFamily: "inherit",
    borderRadius: "0.6rem",
  },
};

/** Who the page shows: a user in an organization, nobody, or undefined while it is loading. */
let shown;

/** Shows the part of the page for this user and organization. Called when either changes. */
async function enter({ user, organization, session }) {
  // A session whose tasks are pending is not signed in yet.
  const isSignedIn = Boolean(user && session?.status === "active");
  const who = isSignedIn ? `${user.id} ${organization?.id}` : "nobody";
  if (who === shown) return;
  const wasSignedIn = shown !== undefined && shown !== "nobody";
  shown = who;
  element("loading").hidden = true;
  element("welcome").hidden = isSignedIn;
  element("app").hidden = !isSignedIn;
  element("sign-in").hidden = isSignedIn;
  element("notes").replaceChildren();
  element("empty").hidden = true;
  if (isSignedIn !== wasSignedIn) {
    const action = isSignedIn ? "mount" : "unmount";
    Clerk[`${action}OrganizationSwitcher`](element("switcher"));
    Clerk[`${action}UserButton`](element("user"));
  }
  if (!isSignedIn) return;
  element("owner").textContent = organization?.name ?? user.fullName ?? user.id;
  const answer = await call("GET", "/notes");
  // The answer may be late: somebody else may be signed in by now.
  if (shown === who) show(answer);
}

const signIn = () => Clerk.openSignIn();
element("sign-in").onclick = signIn;
element("start").onclick = signIn;

function script(url, attributes = {}) {
  return new Promise((resolve, reject) => {
    const tag = Object.assign(document.createElement("script"), { src: url, crossOrigin: "anonymous" });
    for (const [name, value] of Object.entries(attributes)) tag.setAttribute(name, value);
    tag.onload = resolve;
    tag.onerror = () => reject(new Error(`The browser got no script from ${url}.`));
    document.head.append(tag);
  });
}

async function load() {
  const attributes = { "data-clerk-publishable-key": settings.publishable_key };
  if (settings.proxy_url) attributes["data-clerk-proxy-url"] = settings.proxy_url;
  // Every script that is missing is named, not just the one whose failure is first.
  const scripts = await Promise.allSettled([script(settings.clerk_js_url, attributes), script(settings.ui_url)]);
  const failures = scripts.filter(({ status }) => status === "rejected").map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join(" "));
  await Clerk.load({
    ui: { ClerkUI: window.__internal_ClerkUICtor },
    appearance,
    afterSignOutUrl: "/",
    // What a router does. Without them, the SDK loads the page again after signing in and out.
    routerPush: (url) => history.pushState(null, "", url),
    routerReplace: (url) => history.replaceState(null, "", url),
  });
}

element("page-origin").textContent = location.origin;
element("api-origin").textContent = settings.api;
element("hint").textContent = settings.hint ?? "";
try {
  await load();
  Clerk.addListener(enter);
} catch (error) {
  element("loading").hidden = true;
  element("failed").hidden = false;
  element("failure").textContent = error.message;
}
