// Organizations and their members.

import { displayName, get, identifier, patch, post, query, remove } from "./admin.js";
import { attempt, avatar, button, confirmed, empty, field, formDialog, h, json, parsed, time, who } from "./page.js";
import { metadataFields } from "./people.js";

let search = "";

export const organizations = {
  title: "Organizations",
  toolbar: (refresh) => [
    h("input", {
      type: "search",
      placeholder: "Search organizations",
      "aria-label": "Search organizations",
      value: search,
      oninput: (event) => {
        search = event.target.value;
        refresh();
      },
    }),
    button("New organization", () => create(refresh), { class: "primary" }),
  ],
  load: () => get(`/v1/organizations${query({ query: search, limit: "100", include_members_count: "true" })}`),
  render({ data, total_count: total }, { now, refresh }) {
    if (data.length === 0) {
      return search === ""
        ? empty("There are no organizations yet", "Create one here, in your application, or with a seed (--seed).")
        : empty("No organization matches", "The search covers names, slugs and ids.");
    }
    const rows = data.map((one) => h("li", {},
      avatar(one.name),
      who(one.name, one.slug),
      h("span", { class: "quiet small" }, one.members_count === 1 ? "1 member" : `${one.members_count ?? 0} members`),
      time(one.created_at, now, "Created"),
      h("span", { class: "actions" },
        button("Edit", () => edit(one, refresh), { "data-key": `edit-${one.id}`, "aria-label": `Edit ${one.name}` }))));
    const more = total > data.length ? h("p", { class: "quiet" }, `${data.length} of ${total} organizations. The search finds the others.`) : null;
    return [h("ul", { class: "rows" }, rows), more];
  },
};

async function create(refresh) {
  const people = await get("/v1/users?limit=500");
  formDialog("New organization", [
    field("Name", "name", { required: true }),
    field("Slug", "slug", { placeholder: "Made of the name" }),
    field("First member", "created_by", {
      tag: "select",
      options: [["", "Nobody"], ...people.map((user) => [user.id, `${displayName(user)} (${identifier(user)})`])],
    }, true),
  ], async (form) => {
    await post("/v1/organizations", {
      name: form.get("name"),
      slug: form.get("slug") || undefined,
      created_by: form.get("created_by") || undefined,
    });
    refresh();
  });
}

async function edit(organization, refresh) {
  const [roles, people] = await Promise.all([get("/v1/organization_roles?limit=100"), get("/v1/users?limit=500")]);
  const members = h("div", { class: "stack" });
  const path = `/v1/organizations/${organization.id}`;
  const element = formDialog(organization.name, [
    field("Name", "name", { value: organization.name, required: true }),
    field("Slug", "slug", { value: organization.slug ?? "" }),
    metadataFields(organization),
  ], async (form) => {
    const changed = {};
    for (const name of ["name", "slug"]) {
      if (form.get(name) !== (organization[name] ?? "")) changed[name] = form.get(name);
    }
    for (const name of ["public_metadata", "private_metadata"]) {
      const value = parsed(form, name, name.replace("_", " "));
      if (json(value) !== json(organization[name] ?? {})) changed[name] = value;
    }
    if (Object.keys(changed).length > 0) await patch(path, changed);
    refresh();
  }, [
    members,
    h("p", { class: "quiet small" }, "Id: ", h("code", {}, organization.id)),
    h("div", { class: "buttons" },
      button("Delete", () => confirmed(`Delete ${organization.name}?`, "Delete", async () => {
        await remove(path);
        element.close();
        refresh();
      }), { class: "danger far" })),
  ]);
  const show = () => attempt(async () => {
    members.replaceChildren(...(await memberRows(path, roles.data, people, async () => {
      await show();
      refresh();
    })));
  });
  await show();
}

/** The members, each with a role to choose, and a row that adds one. */
async function memberRows(path, roles, people, changed) {
  const { data } = await get(`${path}/memberships?limit=500`);
  const options = roles.map((role) => [role.key, role.name]);
  const rows = data.map((one) => {
    const user = one.public_user_data;
    const name = [user.first_name, user.last_name].filter(Boolean).join(" ") || user.identifier;
    const own = `${path}/memberships/${user.user_id}`;
    const role = h("select", {
      "aria-label": `Role of ${name}`,
      onchange: (event) => attempt(async () => {
        await patch(own, { role: event.target.value });
        await changed();
      }),
    }, options.map(([value, text]) => h("option", { value, selected: value === one.role }, text)));
    return h("li", {},
      avatar(name), who(name, user.identifier),
      h("span", { class: "actions" }, role,
        button("Remove", async () => {
          await remove(own);
          await changed();
        }, { class: "danger", "aria-label": `Remove ${name}` })));
  });
  const others = people.filter((user) => !data.some((one) => one.public_user_data.user_id === user.id));
  const chosen = h("select", { "aria-label": "User to add" },
    others.map((user) => h("option", { value: user.id }, `${displayName(user)} (${identifier(user)})`)));
  const role = h("select", { "aria-label": "Role of the new member" },
    options.map(([value, text]) => h("option", { value, selected: value === "org:member" }, text)));
  const add = others.length === 0 ? null : h("li", {}, chosen, role, button("Add member", async () => {
    await post(`${path}/memberships`, { user_id: chosen.value, role: role.value });
    await changed();
  }));
  return [h("h2", {}, "Members"), h("ul", { class: "rows" }, rows, add)];
}
