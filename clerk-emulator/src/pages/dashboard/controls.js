// What tests do to the emulator: clock, faults, keys, snapshots and reset.

import { call, get, post, remove } from "./admin.js";
import { badge, button, confirmed, field, formDialog, h, toast } from "./page.js";

const kinds = [
  ["slow", "Slow: delays the answer"],
  ["too_many_requests", "429 with Retry-After"],
  ["status", "An error status"],
  ["answer", "An answer of your own"],
  ["cut", "Cut the connection"],
];

const panel = (heading, ...content) => h("section", { class: "panel" }, h("h2", {}, heading), content);
const note = (text) => h("p", { class: "quiet small" }, text);

export const controls = {
  title: "Controls",
  toolbar: () => [],
  async load() {
    const [clock, faults, snapshots] = await Promise.all([get("/clock"), get("/faults"), get("/snapshots")]);
    return { isStopped: clock.stopped, at: clock.stopped ? clock.now_ms : null, faults: faults.data, snapshots: snapshots.data };
  },
  render(data, { now, refresh }) {
    const act = (action) => async () => {
      await action();
      refresh();
    };
    return h("div", { class: "panels" },
      clockPanel(data, now, act),
      faultPanel(data.faults, act, refresh),
      panel("Signing key",
        note("After a rotation, tokens that were signed with the old key stop verifying once the application has noticed."),
        h("div", { class: "buttons" }, button("Rotate key", act(async () => {
          const { kid } = await post("/keys/rotate");
          toast(`The key is now ${kid}`);
        }), { "data-key": "rotate" }))),
      snapshotPanel(data.snapshots, act),
      panel("State",
        note("The export holds users, passwords and keys, and starts another emulator as a seed. A reset brings back what this one started with."),
        h("div", { class: "buttons" },
          h("a", { class: "button", href: "/_emulator/state", download: "clerk-emulator.json" }, "Export"),
          button("Reset", () => confirmed("Reset everything to the start?", "Reset", act(() => post("/reset"))), {
            class: "danger",
            "data-key": "reset",
          }))));
  },
};

function clockPanel({ isStopped }, now, act) {
  const ahead = (text, by_ms) => button(text, act(() => post("/clock/advance", { by_ms })), { "data-key": text });
  return panel("Clock",
    h("p", {}, new Date(now).toLocaleString(), " ", isStopped ? badge("Stopped", "warn") : null),
    note("The application's own clock does not follow."),
    h("div", { class: "buttons" },
      ahead("+1 minute", 60_000),
      ahead("+1 hour", 3_600_000),
      ahead("+1 day", 86_400_000),
      button("Stop", act(() => call("PUT", "/clock", { now_ms: now })), { "data-key": "stop" }),
      button("Real time", act(() => remove("/clock")), { "data-key": "real" })));
}

function faultPanel(faults, act, refresh) {
  const describe = (one) => [
    one.method ?? "Any method",
    one.path ?? "any path",
    one.times === 0 ? "always" : `${one.times} ×`,
  ].join(", ");
  const detail = (one) => one.status ?? (one.delay_ms ? `${one.delay_ms} ms` : one.retry_after_seconds ? `${one.retry_after_seconds} s` : null);
  return panel("Faults",
    note("The next requests of the application fail as you say here, in this order."),
    faults.length > 0 && h("ul", { class: "rows" }, faults.map((one) => h("li", {},
      h("span", { class: "who" }, h("strong", {}, kinds.find(([kind]) => kind === one.kind)?.[1] ?? one.kind),
        h("span", { class: "quiet small" }, describe(one))),
      detail(one) !== null && badge(detail(one), "warn")))),
    h("div", { class: "buttons" },
      button("Add fault", () => newFault(refresh), { "data-key": "fault" }),
      faults.length > 0 && button("Remove all", act(() => remove("/faults")), { "data-key": "no-faults" })));
}

function newFault(refresh) {
  const own = {
    slow: [field("Delay in milliseconds", "delay_ms", { type: "number", min: 0, value: 1000 })],
    too_many_requests: [field("Retry-After in seconds", "retry_after_seconds", { type: "number", min: 0, value: 3 })],
    status: [field("Status", "status", { type: "number", min: 400, max: 599, value: 500 })],
    answer: [
      field("Status", "status", { type: "number", min: 200, max: 999, value: 502 }),
      field("Content type", "content_type", { value: "text/html" }),
      field("Body", "body", { tag: "textarea", value: "<h1>Bad gateway</h1>" }, true),
    ],
    cut: [],
  };
  const rest = h("div", { class: "fields wide" }, own.status);
  formDialog("New fault", [
    field("Kind", "kind", {
      tag: "select",
      options: kinds,
      value: "status",
      onchange: (event) => rest.replaceChildren(...own[event.target.value]),
    }, true),
    field("Path begins with", "path", { placeholder: "Any path, as in /v1/users" }),
    field("Method", "method", {
      tag: "select",
      options: [["", "Any"], ...["GET", "POST", "PATCH", "PUT", "DELETE"].map((one) => [one, one])],
    }),
    field("Requests (0 for all)", "times", { type: "number", min: 0, value: 1 }),
    rest,
  ], async (form) => {
    const fault = Object.fromEntries([...form].filter(([, value]) => value !== ""));
    for (const name of ["times", "delay_ms", "retry_after_seconds", "status"]) {
      if (name in fault) fault[name] = Number(fault[name]);
    }
    await post("/faults", fault);
    refresh();
  });
}

function snapshotPanel(snapshots, act) {
  return panel("Snapshots",
    note("A snapshot remembers all users, sessions and keys until the emulator stops."),
    snapshots.length > 0 && h("ul", { class: "rows" }, snapshots.map(({ id }, index) => h("li", {},
      who(`Snapshot ${index + 1}`),
      h("span", { class: "actions" },
        button("Restore", act(() => post(`/snapshots/${id}/restore`)), { "data-key": `restore-${id}`, "aria-label": `Restore snapshot ${index + 1}` }),
        button("Forget", act(() => remove(`/snapshots/${id}`)), { "data-key": `forget-${id}`, "aria-label": `Forget snapshot ${index + 1}` }))))),
    h("div", { class: "buttons" }, button("Take snapshot", act(() => post("/snapshots")), { "data-key": "snapshot" })));
}

const who = (name) => h("span", { class: "who" }, h("strong", {}, name));
