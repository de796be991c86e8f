// The page at the root of the emulator: sections, and the loop that keeps the shown one up to date.

import { get } from "./admin.js";
import { controls } from "./controls.js";
import { organizations } from "./organizations.js";
import { copyButton, h, toast } from "./page.js";
import { application, sessions, users } from "./people.js";
import { inbox, requests, webhooks } from "./traffic.js";

const EVERY_MS = 2000;

const overview = {
  title: "Overview",
  toolbar: () => [],
  load: () => get("/instance"),
  render(instance) {
    const env = Object.entries(instance.env).map(([name, value]) => `${name}=${value}`).join("\n");
    const tile = (section, name, count) =>
      h("a", { class: "tile", href: `#${section}`, "data-key": section }, h("strong", {}, count), h("span", { class: "quiet" }, name));
    const { counts } = instance;
    return [
      h("div", { class: "tiles" },
        tile("users", "Users", counts.users),
        tile("organizations", "Organizations", counts.organizations),
        tile("sessions", "Active sessions", counts.active_sessions),
        tile("inbox", "Messages", counts.messages),
        tile("webhooks", "Webhooks", counts.webhooks),
        tile("requests", "Requests", counts.requests)),
      h("div", { class: "panels" },
        h("section", { class: "panel" },
          h("h2", {}, "Point your application here"),
          h("p", { class: "quiet" }, "Start it with these environment variables. No code changes are needed."),
          h("pre", { tabindex: 0, "aria-label": "Environment variables" }, env),
          h("div", { class: "buttons" }, copyButton(env, "Copy variables"))),
        h("section", { class: "panel" },
          h("h2", {}, "Try next"),
          applicationField(),
          h("ul", {},
            h("li", {}, h("a", { href: instance.sign_in_url }, "Sign in"), " as anybody with a click, or with a password"),
            h("li", {}, h("a", { href: instance.sign_up_url }, "Sign up"), " and read the code in the ", h("a", { href: "#inbox" }, "inbox")),
            h("li", {}, "Let requests fail, or move the clock, in the ", h("a", { href: "#controls" }, "controls")),
            h("li", {}, "Drive all of this from tests: ", h("a", { href: "/_emulator/openapi.json" }, "document of the admin interface"))))),
    ];
  },
};

function applicationField() {
  return h("label", {}, "URL of your application",
    h("input", {
      type: "url",
      placeholder: "http://localhost:3000/",
      value: application.get(),
      "data-key": "application",
      oninput: (event) => application.set(event.target.value),
    }),
    h("span", { class: "quiet small" }, "“Sign in” on the page of the users opens it, signed in."));
}

const sections = { overview, users, organizations, sessions, inbox, webhooks, requests, controls };
const element = (id) => document.getElementById(id);

let shown = null;
/** What was last rendered, to render only what changed. */
let rendered = "";
let latest = 0;

function show() {
  const name = location.hash.slice(1);
  shown = sections[name] ?? overview;
  rendered = "";
  element("sections").replaceChildren(...Object.entries(sections).map(([key, section]) =>
    h("a", { href: `#${key}`, "aria-current": section === shown ? "page" : null }, section.title)));
  element("sections").querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
  element("heading").textContent = shown.title;
  document.title = `${shown.title} · Clerk emulator`;
  element("toolbar").replaceChildren(...shown.toolbar(refresh));
  element("content").replaceChildren();
  element("content").setAttribute("aria-busy", "true");
  return refresh();
}

/** Loads the section that is shown, and renders it if something changed. */
async function refresh() {
  const section = shown;
  latest += 1;
  const turn = latest;
  try {
    const [clock, data] = await Promise.all([get("/clock"), section.load()]);
    // A newer answer is on its way, or here.
    if (turn !== latest) return;
    element("connection").hidden = true;
    showClock(clock);
    // Times are shown to the minute: once in a while they change without anything else.
    const text = JSON.stringify([data, Math.floor(clock.now_ms / 10_000), element("toolbar").querySelector("input")?.value]);
    if (text !== rendered) {
      rendered = text;
      replace(element("content"), section.render(data, { now: clock.now_ms, refresh }));
    }
    element("content").removeAttribute("aria-busy");
  } catch (error) {
    if (turn !== latest) return;
    const isGone = error instanceof TypeError;
    element("connection").hidden = !isGone;
    if (!isGone) toast(error.message);
  }
}

function showClock(clock) {
  const shown = element("clock");
  const offset = clock.now_ms - Date.now();
  shown.hidden = !clock.stopped && Math.abs(offset) < 5000;
  shown.textContent = `${clock.stopped ? "Clock stopped at" : "Clock moved to"} ${new Date(clock.now_ms).toLocaleString()}`;
}

/** Replaces the content; what had the focus and what was open stays so. */
function replace(content, parts) {
  const key = document.activeElement?.dataset?.key;
  const focused = content.contains(document.activeElement) && key;
  const open = [...content.querySelectorAll("details[open]")].map((one) => one.dataset.key);
  const fresh = h("div", {}, parts);
  for (const one of fresh.querySelectorAll("details")) one.open = open.includes(one.dataset.key);
  content.replaceChildren(...fresh.childNodes);
  if (focused) content.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

async function showInstance() {
  const instance = await get("/instance").catch(() => null);
  if (instance) element("instance").textContent = `${instance.environment_type} · ${instance.url.replace(/^https?:\/\//, "")}`;
}

/** Returns true while somebody fills in a form, which must not be replaced. */
const isEditing = () =>
  document.querySelector("dialog[open]") !== null || element("content").contains(document.activeElement?.closest("input"));

async function keepUpToDate() {
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    if (!document.hidden && !isEditing()) await refresh();
  }
}

addEventListener("hashchange", show);
showInstance();
show().then(keepUpToDate);
