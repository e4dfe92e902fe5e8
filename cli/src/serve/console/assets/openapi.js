// Reads an OpenAPI document: its operations in groups, and what each one takes, gives and asks for.

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];

/** What a `$ref` leads to, with what stands beside it. */
export function resolve(api, node) {
  let found = node ?? {};
  for (let steps = 0; found.$ref && steps < 20; steps += 1) {
    const { $ref, ...beside } = found;
    const path = $ref
      .replace(/^#\//, "")
      .split("/")
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    found = { ...path.reduce((at, part) => at?.[part], api), ...beside };
  }
  return found;
}

/** The operations by tag, in the order of the document's tags, or where there is none, by the part of the path that tells them apart. */
export function groups(api) {
  const group = (name, description = "") => ({ name, description, operations: [] });
  const found = new Map((api.tags ?? []).map(({ name, description }) => [name, group(name, description)]));
  const base = commonParts(Object.keys(api.paths ?? {}));
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((method) => item[method])) {
      const operation = read(api, path, method, item);
      const name = operation.tag ?? path.split("/")[base + 1] ?? path;
      if (!found.has(name)) found.set(name, group(name));
      found.get(name).operations.push(operation);
    }
  }
  return [...found.values()].filter(({ operations }) => operations.length > 0);
}

/** How many parts all paths begin with. */
function commonParts(paths) {
  const split = paths.map((path) => path.split("/").slice(1));
  let common = 0;
  while (split.every((parts) => parts.length > common + 1 && parts[common] === split[0][common])) common += 1;
  return common;
}

function read(api, path, method, item) {
  const raw = item[method];
  const parameters = [...(item.parameters ?? []), ...(raw.parameters ?? [])].map((parameter) => resolve(api, parameter));
  const { bearer, keys } = security(api, raw.security ?? api.security ?? []);
  return {
    id: raw.operationId ?? `${method}${path.replaceAll(/[^a-z0-9]+/gi, "-")}`,
    tag: raw.tags?.[0],
    method: method.toUpperCase(),
    path,
    summary: raw.summary ?? path,
    description: raw.description ?? "",
    deprecated: raw.deprecated === true,
    takesCodeOf: raw["x-takes-code-of"] ?? [],
    parameters: [...parameters.filter((parameter) => parameter.in !== "cookie"), ...keys],
    body: body(api, raw.requestBody),
    responses: Object.entries(raw.responses ?? {}).map(([status, response]) => answer(api, status, response)),
    bearer,
  };
}

/** A body's type and schema: JSON where there is a choice. */
function body(api, raw) {
  const { content, required } = resolve(api, raw);
  const type = Object.keys(content ?? {}).find((type) => type.includes("json")) ?? Object.keys(content ?? {})[0];
  return type === undefined
    ? null
    : { type, required: required === true, schema: content[type].schema ?? {}, given: content[type].example };
}

function answer(api, status, raw) {
  const response = resolve(api, raw);
  const content = Object.values(response.content ?? {})[0];
  return {
    status,
    description: response.description ?? "",
    headers: Object.keys(response.headers ?? {}),
    schema: content?.schema ?? null,
  };
}

/** Whether a bearer is "required", "optional" or null, and the keys that go into headers or queries. */
function security(api, alternatives) {
  const schemes = api.components?.securitySchemes ?? {};
  const named = alternatives.map((alternative) => Object.keys(alternative).map((name) => resolve(api, schemes[name])));
  const isBearer = (scheme) =>
    scheme.type === "oauth2" || scheme.type === "openIdConnect" || (scheme.type === "http" && scheme.scheme?.toLowerCase() === "bearer");
  const withBearer = named.filter((schemes) => schemes.some(isBearer));
  const bearer = withBearer.length === 0 ? null : withBearer.length === named.length ? "required" : "optional";
  const keys = new Map(
    named
      .flat()
      .filter((scheme) => scheme.type === "apiKey" && scheme.in !== "cookie")
      .map((scheme) => [scheme.name, scheme]),
  );
  return {
    bearer,
    keys: [...keys.values()].map((scheme) => ({
      name: scheme.name,
      in: scheme.in,
      description: scheme.description ?? "",
      isKey: true,
      schema: { type: "string" },
    })),
  };
}
