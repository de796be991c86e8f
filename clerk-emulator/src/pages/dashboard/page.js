// Builds the parts of the page. Texts become text nodes, so nothing that users are called is taken for HTML.

/** Creates an element. Properties that begin with `on` are event handlers, `null` and `false` leave one out. */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

export const avatar = (name) =>
  h("span", { class: "avatar", "aria-hidden": "true" }, ([...name][0] ?? "?").toUpperCase());

export const who = (name, below) =>
  h("span", { class: "who" }, h("strong", {}, name), below && below !== name ? h("span", { class: "quiet small" }, below) : null);

/** A button that runs an action and says what went wrong. */
export function button(text, action, properties = {}) {
  return h("button", {
    type: "button",
    ...properties,
    onclick: (event) => attempt(() => action(event)),
  }, text);
}

/** Runs an action; a failure is shown. Returns whether it worked. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

export function toast(text) {
  const one = h("div", { class: "toast" }, text);
  document.getElementById("toasts").append(one);
  setTimeout(() => one.remove(), 5000);
}

export const copyButton = (text, label = "Copy") =>
  button(label, async () => {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  });

export const empty = (title, ...hints) =>
  h("div", { class: "panel empty" }, h("strong", {}, title), hints.map((hint) => h("p", { class: "quiet" }, hint)));

/** A labeled field of a form. */
export function field(label, name, properties = {}, wide = false) {
  const { tag = "input", options, ...rest } = properties;
  const control = h(tag, { name, autocomplete: "off", ...rest },
    options?.map(([value, text]) => h("option", { value, selected: value === rest.value }, text)));
  return h("label", { class: wide ? "wide" : null }, label, control);
}

export const json = (value) => JSON.stringify(value, null, 2);

/** Reads a field that holds a JSON object. */
export function parsed(form, name, label) {
  try {
    const value = JSON.parse(form.get(name) || "{}");
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new Error(`${label} must be a JSON object`);
}

/** Shows a dialog with this heading; `fill` gets a function that closes it, and returns the content. */
export function dialog(heading, fill) {
  const element = h("dialog", { "aria-label": heading, onclose: () => element.remove() });
  element.append(h("div", { class: "stack" }, h("h2", {}, heading), fill(() => element.close())));
  document.body.append(element);
  element.showModal();
  return element;
}

/** Shows a dialog with a form, whose fields `save` gets. */
export function formDialog(heading, fields, save, extra = []) {
  return dialog(heading, (close) => [
    h("form", {
      onsubmit: async (event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        if (await attempt(() => save(form))) close();
      },
    }, h("div", { class: "fields" }, fields),
      h("div", { class: "buttons" },
        h("button", { class: "primary" }, "Save"),
        button("Cancel", close))),
    extra,
  ]);
}

/** Asks before something is lost. */
export function confirmed(question, verb, action) {
  dialog(question, (close) => h("div", { class: "buttons" },
    button(verb, async () => {
      await action();
      close();
    }, { class: "danger" }),
    button("Cancel", close, { autofocus: true })));
}

const units = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** A time, as far as it is from the emulator's now, after a word that says what happened. */
export function time(at, now, what = "") {
  const [unit, length] = units.find(([, length]) => Math.abs(at - now) >= length) ?? ["second", 1000];
  const date = new Date(at);
  return h("time", { datetime: date.toISOString(), title: date.toLocaleString(), class: "quiet small" },
    `${what} ${relative.format(Math.round((at - now) / length), unit)}`.trim());
}

/** Makes words of a slug, as in "Verification code". */
export const words = (slug) => {
  const text = slug.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
