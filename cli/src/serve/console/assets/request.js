// A request as the trial's form describes it: to be sent, and to be written as a command.

/** The request of an operation with these values: `parameters` by name, `bearer` and `body` as text or null. */
export function request(operation, { parameters, bearer, body }) {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const parameter of operation.parameters) {
    const value = parameters[parameter.name] ?? "";
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === "") continue;
    else if (parameter.in === "query") query.append(parameter.name, value);
    else headers[parameter.name.toLowerCase()] = value;
  }
  if (bearer !== null) headers.authorization = `Bearer ${bearer}`;
  if (body !== null) headers["content-type"] = operation.body.type;
  const asked = query.toString();
  return { method: operation.method, url: `${location.origin}${path}${asked ? `?${asked}` : ""}`, headers, body };
}

/** Sends a request; gives the response, its text, and how many milliseconds it took. */
export async function send({ method, url, headers, body }) {
  const started = performance.now();
  const response = await fetch(url, { method, headers, body, cache: "no-store", credentials: "omit", redirect: "manual" });
  const text = await response.text();
  return { response, text, milliseconds: Math.round(performance.now() - started) };
}

/** A request as a command for a shell. */
export function curl({ method, url, headers, body }) {
  const usual = body === null ? "GET" : "POST";
  const parts = [method === usual ? "curl" : `curl -X ${method}`, quote(url)];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (body !== null) parts.push(`--data-raw ${quote(body)}`);
  return parts.join(" \\\n  ");
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
