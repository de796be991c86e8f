// Users and their sessions.

import { displayName, get, identifier, patch, post, query, remove, usersById } from "./admin.js";
import { avatar, badge, button, confirmed, dialog, empty, field, formDialog, h, json, parsed, time, who } from "./page.js";

const SHOWN = 100;

/** Where a browser goes once it is signed in: the application's URL, if it was given on the overview. */
export const application = {
  get: () => localStorage.getItem("application") ?? "",
  set: (url) => localStorage.setItem("application", url),
};

/** A button that signs this browser in as a user, in a new tab. */
function signInAs(user, organization) {
  const target = query({ redirect_url: application.get() });
  return h("form", { method: "post", action: `/sign-in${target}`, target: "_blank" },
    h("button", {
      class: organization ? "chip" : "primary",
      name: "as",
      value: organization ? `${user.id}/${organization.id}` : user.id,
      "data-key": `as-${user.id}-${organization?.id}`,
      "aria-label": `Sign in as ${displayName(user)}${organization ? ` in ${organization.name}` : ""}`,
    }, organization ? `in ${organization.name}` : "Sign in"));
}

let search = "";

export const users = {
  title: "Users",
  toolbar: (refresh) => [
    h("input", {
      type: "search",
      placeholder: "Search users",
      "aria-label": "Search users",
      value: search,
      oninput: (event) => {
        search = event.target.value;
        refresh();
      },
    }),
    button("New user", () => newUser(refresh), { class: "primary" }),
  ],
  async load() {
    const wanted = query({ query: search, limit: String(SHOWN), order_by: "-created_at" });
    const [list, count, memberships] = await Promise.all([
      get(`/v1/users${wanted}`),
      get(`/v1/users/count${query({ query: search })}`),
      get("/v1/organization_memberships?limit=500"),
    ]);
    return { list, total: count.total_count, memberships: memberships.data };
  },
  render({ list, total, memberships }, { now, refresh }) {
    if (list.length === 0) {
      return search === ""
        ? empty("There are no users yet", "Create one here, sign up, or start the emulator with a seed (--seed).")
        : empty("Nobody matches", "The search covers names, addresses, numbers and ids.");
    }
    const rows = list.map((user) => {
      const own = memberships.filter((one) => one.public_user_data?.user_id === user.id);
      return h("li", {},
        avatar(displayName(user)),
        who(displayName(user), identifier(user)),
        h("span", { class: "tags" },
          user.banned && badge("Banned", "bad"),
          user.locked && badge("Locked", "warn"),
          user.two_factor_enabled && badge("Second factor", "tint")),
        user.last_sign_in_at ? time(user.last_sign_in_at, now, "Signed in") : time(user.created_at, now, "Created"),
        h("span", { class: "actions" },
          own.map((one) => signInAs(user, one.organization)),
          signInAs(user),
          button("Edit", () => editUser(user, refresh), {
            "data-key": `edit-${user.id}`,
            "aria-label": `Edit ${displayName(user)}`,
          })));
    });
    const more = total > list.length
      ? h("p", { class: "quiet" }, `The ${list.length} newest of ${total} users. The search finds the others.`)
      : null;
    return [h("ul", { class: "rows" }, rows), more];
  },
};

const metadataFields = (object) => [
  field("Public metadata", "public_metadata", { tag: "textarea", value: json(object.public_metadata ?? {}) }, true),
  field("Private metadata", "private_metadata", { tag: "textarea", value: json(object.private_metadata ?? {}) }, true),
];

function newUser(refresh) {
  formDialog("New user", [
    field("Email address", "email_address", { type: "email" }),
    field("Username", "username", { autocapitalize: "none" }),
    field("First name", "first_name"),
    field("Last name", "last_name"),
    field("Password", "password", { type: "password", autocomplete: "new-password", placeholder: "None" }),
  ], async (form) => {
    const text = (name) => form.get(name) || undefined;
    await post("/v1/users", {
      email_address: text("email_address") ? [text("email_address")] : undefined,
      username: text("username"),
      first_name: text("first_name"),
      last_name: text("last_name"),
      password: text("password"),
      skip_password_checks: true,
      skip_password_requirement: true,
    });
    refresh();
  });
}

function editUser(user, refresh) {
  const then = (close, action) => async () => {
    await action();
    close();
    refresh();
  };
  const element = formDialog(displayName(user), [
    field("First name", "first_name", { value: user.first_name ?? "" }),
    field("Last name", "last_name", { value: user.last_name ?? "" }),
    field("Username", "username", { value: user.username ?? "", autocapitalize: "none" }),
    field("External id", "external_id", { value: user.external_id ?? "" }),
    metadataFields(user),
    field("Unsafe metadata", "unsafe_metadata", { tag: "textarea", value: json(user.unsafe_metadata ?? {}) }, true),
  ], async (form) => {
    const changed = {};
    for (const name of ["first_name", "last_name", "username", "external_id"]) {
      if (form.get(name) !== (user[name] ?? "")) changed[name] = form.get(name) || null;
    }
    for (const name of ["public_metadata", "private_metadata", "unsafe_metadata"]) {
      const value = parsed(form, name, name.replace("_", " "));
      if (json(value) !== json(user[name] ?? {})) changed[name] = value;
    }
    if (Object.keys(changed).length > 0) await patch(`/v1/users/${user.id}`, changed);
    refresh();
  }, [
    h("p", { class: "quiet small" }, "Id: ", h("code", {}, user.id)),
    h("div", { class: "buttons" },
      user.banned
        ? button("Unban", then(() => element.close(), () => post(`/v1/users/${user.id}/unban`)))
        : button("Ban", then(() => element.close(), () => post(`/v1/users/${user.id}/ban`))),
      user.locked
        ? button("Unlock", then(() => element.close(), () => post(`/v1/users/${user.id}/unlock`)))
        : button("Lock", then(() => element.close(), () => post(`/v1/users/${user.id}/lock`))),
      button("Delete", () => confirmed(`Delete ${displayName(user)}?`, "Delete",
        then(() => element.close(), () => remove(`/v1/users/${user.id}`))), { class: "danger far" })),
  ]);
}

let withEnded = false;

export const sessions = {
  title: "Sessions",
  toolbar: (refresh) => [
    h("label", { class: "check" },
      h("input", {
        type: "checkbox",
        checked: withEnded,
        onchange: (event) => {
          withEnded = event.target.checked;
          refresh();
        },
      }), "Show ended ones"),
  ],
  async load() {
    const wanted = query({ status: withEnded ? "" : "active", limit: String(SHOWN) });
    const list = await get(`/v1/sessions${wanted}`);
    const [people, organizations] = await Promise.all([
      usersById(list.map((one) => one.user_id)),
      get("/v1/organizations?limit=500"),
    ]);
    return { list, people: [...people.values()], organizations: organizations.data };
  },
  render({ list, people, organizations }, { now, refresh }) {
    if (list.length === 0) {
      return empty("Nobody is signed in", "Sign in as somebody on the page of the users, or in your application.");
    }
    return h("ul", { class: "rows" }, list.map((session) => {
      const user = people.find((one) => one.id === session.user_id);
      const name = user ? displayName(user) : session.user_id;
      const organization = organizations.find((one) => one.id === session.last_active_organization_id);
      return h("li", {},
        avatar(name),
        who(name, user && identifier(user)),
        h("span", { class: "tags" },
          organization && badge(organization.name, "tint"),
          session.actor && badge("Impersonated", "warn"),
          badge(session.status, session.status === "active" ? "good" : "")),
        time(session.last_active_at, now, "Active"),
        h("span", { class: "actions" },
          button("Details", () => dialog(`Session of ${name}`, (close) => [h("pre", {}, json(session)), button("Close", close)]), {
            "data-key": `details-${session.id}`,
            "aria-label": `Details of the session of ${name}`,
          }),
          session.status === "active" && button("Revoke", async () => {
            await post(`/v1/sessions/${session.id}/revoke`);
            refresh();
          }, { class: "danger", "data-key": `revoke-${session.id}`, "aria-label": `Revoke the session of ${name}` })));
    }));
  },
};

export { metadataFields };
