// What the emulator sent and received: messages, webhooks and requests.

import { get, post, query, remove } from "./admin.js";
import { badge, button, copyButton, empty, h, json, time, who, words } from "./page.js";

const SHOWN = 200;

const newestFirst = async (path) => (await get(`${path}${query({ limit: String(SHOWN) })}`)).data.reverse();

/** A search field that hides the rows without the text. */
const filter = (label, state, refresh) =>
  h("input", {
    type: "search",
    placeholder: label,
    "aria-label": label,
    value: state.text,
    oninput: (event) => {
      state.text = event.target.value;
      refresh();
    },
  });

const matches = (state, ...texts) => texts.some((text) => text?.toLowerCase().includes(state.text.toLowerCase()));

const inboxFilter = { text: "" };

export const inbox = {
  title: "Inbox",
  toolbar: (refresh) => [
    filter("Filter by address", inboxFilter, refresh),
    button("Empty", async () => {
      await remove("/inbox");
      refresh();
    }),
  ],
  load: () => newestFirst("/inbox"),
  render(list, { now }) {
    const rows = list.filter((one) => matches(inboxFilter, one.to, one.kind));
    if (rows.length === 0) {
      return empty("No messages",
        "Emails and text messages arrive here instead of being sent.",
        "Test addresses (ada+clerk_test@example.com) and fictional numbers (+15555550100) get none: their code is 424242.");
    }
    return h("ul", { class: "rows" }, rows.map((one) => h("li", {},
      h("span", { class: "avatar", "aria-hidden": "true" }, one.channel === "sms" ? "☎" : "✉"),
      who(words(one.kind), one.to),
      one.code && h("span", { class: "actions" },
        h("span", { class: "big-code" }, one.code),
        copyButton(one.code)),
      one.link && /^https?:/.test(one.link) && h("span", { class: "actions" },
        h("a", { class: "button", href: one.link, target: "_blank", rel: "noreferrer" }, "Open link"),
        copyButton(one.link, "Copy link")),
      time(one.sent_at, now),
      h("details", { "data-key": `message-${one.id}` }, h("summary", { class: "quiet small" }, "Text"), h("pre", {}, one.body)))));
  },
};

const states = { delivered: "good", failed: "bad", pending: "warn" };

export const webhooks = {
  title: "Webhooks",
  toolbar: () => [],
  async load() {
    const [instance, list] = await Promise.all([get("/instance"), newestFirst("/webhooks")]);
    return { url: instance.webhook_url, list };
  },
  render({ url, list }, { now, refresh }) {
    if (!url) {
      return empty("No endpoint is configured", h("span", {}, "Start the emulator with ", h("code", {}, "--webhook-url http://localhost:3000/webhooks"),
        " and it sends a signed message for every event."));
    }
    const to = h("p", { class: "quiet" }, "To ", h("code", {}, url));
    if (list.length === 0) return [to, empty("Nothing was sent yet", "Messages appear here when users, organizations or sessions change.")];
    return [to, h("ul", { class: "rows" }, list.map((one) => {
      const last = one.attempts.at(-1);
      const answer = last && (last.status ? `answered ${last.status}` : last.error);
      return h("li", {},
        who(one.event, [`${one.attempts.length} ${one.attempts.length === 1 ? "attempt" : "attempts"}`, answer].filter(Boolean).join(", ")),
        badge(words(one.state), states[one.state]),
        time(one.created_at, now),
        h("span", { class: "actions" }, button("Send again", async () => {
          await post(`/webhooks/${one.id}/replay`);
          refresh();
        }, { "data-key": `replay-${one.id}`, "aria-label": `Send ${one.event} again` })),
        h("details", { "data-key": `webhook-${one.id}` },
          h("summary", { class: "quiet small" }, "Payload"),
          h("pre", {}, json(one.payload))));
    }))];
  },
};

const requestFilter = { text: "" };
const statusKind = (status) => (status === null ? "warn" : status < 400 ? "good" : "bad");

export const requests = {
  title: "Requests",
  toolbar: (refresh) => [
    filter("Filter by path", requestFilter, refresh),
    button("Clear", async () => {
      await remove("/requests");
      refresh();
    }),
  ],
  async load() {
    const [list, expectations] = await Promise.all([newestFirst("/requests"), get("/expectations")]);
    return { list, expectations: expectations.data };
  },
  render({ list, expectations }, { now }) {
    const rows = list.filter((one) => matches(requestFilter, one.path, one.method));
    return [
      expectations.length > 0 && h("section", { class: "panel" }, h("h2", {}, "Expected requests"),
        h("ul", { class: "rows" }, expectations.map((one) => h("li", {},
          h("code", { class: "method" }, one.method),
          h("code", { class: "path" }, one.path),
          h("span", { class: "quiet small" }, `${one.seen} of ${one.times ?? "at least 1"}`),
          badge(one.met ? "Met" : "Not met", one.met ? "good" : "bad"))))),
      rows.length === 0
        ? empty("No requests", "Requests of your application, its browser SDK and the emulator's own sign-in pages appear here. This page's are left out.")
        : h("ul", { class: "rows" }, rows.map((one, index) => h("li", {},
          h("code", { class: "method" }, one.method),
          h("code", { class: "path" }, one.path),
          badge(one.status ?? "No answer", statusKind(one.status)),
          time(one.at_ms, now),
          h("details", { "data-key": `request-${one.at_ms}-${rows.length - index}` },
            h("summary", { class: "quiet small" }, "Query and headers"),
            h("pre", {}, json({ query: Object.fromEntries(new URLSearchParams(one.query ?? "")), headers: one.headers })))))),
    ];
  },
};
