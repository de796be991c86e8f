// Calls the admin interface.

/** Sends a request and returns the answer's JSON; throws what the emulator says about a refusal. */
export async function call(method, path, body) {
  const response = await fetch(`/_emulator${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = text === "" ? null : JSON.parse(text);
  if (response.ok) return answer;
  const error = answer?.errors?.[0];
  throw new Error(error?.long_message ?? error?.message ?? `The emulator answered ${response.status}`);
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);

/** Writes a query without empty values. */
export function query(values) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) if (one) search.append(name, one);
  }
  return search.size > 0 ? `?${search}` : "";
}

/** What people know a user by. */
export function identifier(user) {
  const email = user.email_addresses.find((one) => one.id === user.primary_email_address_id) ?? user.email_addresses[0];
  return email?.email_address ?? user.username ?? user.phone_numbers[0]?.phone_number ?? user.web3_wallets?.[0]?.web3_wallet ?? user.id;
}

export const displayName = (user) =>
  [user.first_name, user.last_name].filter(Boolean).join(" ") || identifier(user);

/** The users with these ids, by id. */
export async function usersById(ids) {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const users = await get(`/v1/users${query({ user_id: wanted, limit: "500" })}`);
  return new Map(users.map((user) => [user.id, user]));
}
