// Schemas: their fields as a list to read, and an example to begin with.

import { element, prose } from "./dom.js";
import { resolve } from "./openapi.js";

const DEEPEST = 3;
const LIMITS = {
  minLength: "min length",
  maxLength: "max length",
  minimum: "min",
  maximum: "max",
  minItems: "min items",
  maxItems: "max items",
  pattern: "pattern",
};

/** A schema with its references followed and its parts joined. Of a choice, the first part that is not null is taken. */
export function whole(api, schema) {
  const { allOf = [], oneOf, anyOf, ...own } = resolve(api, schema);
  const choices = (oneOf ?? anyOf ?? []).map((part) => resolve(api, part));
  const parts = [...allOf, ...choices.filter((part) => part.type !== "null").slice(0, 1)].map((part) => whole(api, part));
  if (choices.some((part) => part.type === "null")) own.nullable = true;
  return parts.reduceRight(join, own);
}

const join = (joined, part) => ({
  ...part,
  ...joined,
  properties: part.properties || joined.properties ? { ...part.properties, ...joined.properties } : undefined,
  required: [...(part.required ?? []), ...(joined.required ?? [])],
});

/** A type as one writes it: `string or null`, `integer (int64)`, `array of string`. */
function typeOf(api, schema) {
  const types = [schema.type ?? (schema.properties ? "object" : schema.enum || schema.const ? "value" : "any")].flat();
  const named = types.map((type) => {
    if (type === "array") return `array of ${typeOf(api, whole(api, schema.items))}`;
    return schema.format && type !== "null" ? `${type} (${schema.format})` : type;
  });
  return [...named, ...(schema.nullable ? ["null"] : [])].join(" or ");
}

function limits(schema) {
  const told = Object.entries(LIMITS)
    .filter(([key]) => schema[key] !== undefined)
    .map(([key, name]) => `${name} ${schema[key]}`);
  if (schema.enum) told.push(`one of ${schema.enum.filter((value) => value !== null).join(", ")}`);
  if (schema.const !== undefined) told.push(`always ${schema.const}`);
  return told.join("; ");
}

/** The fields of a schema, those of objects in it below them. */
export function fieldList(api, schema, depth = 0) {
  const object = whole(api, schema);
  const inner = object.type === "array" ? whole(api, object.items) : object;
  if (!inner.properties)
    return element("p", { class: "plain" }, element("span", { class: "type" }, typeOf(api, object)), " ", prose(object.description));
  const items = Object.entries(inner.properties).map(([name, field]) =>
    fieldItem(api, name, field, (inner.required ?? []).includes(name), depth),
  );
  return element("ul", { class: "fields" }, items);
}

function fieldItem(api, name, raw, required, depth) {
  const field = whole(api, raw);
  const nested = field.type === "array" ? whole(api, field.items) : field;
  const told = limits(field);
  return element(
    "li",
    {},
    element("code", { class: "name" }, name),
    " ",
    element("span", { class: "type" }, typeOf(api, field)),
    required ? element("span", { class: "required" }, "required") : null,
    field.deprecated ? element("span", { class: "deprecated" }, "deprecated") : null,
    field.description ? element("p", {}, prose(field.description)) : null,
    told ? element("p", { class: "limits" }, told) : null,
    nested.properties && depth < DEEPEST ? fieldList(api, nested, depth + 1) : null,
  );
}

const FORMATS = {
  email: "ada@example.com",
  date: "1990-12-10",
  "date-time": "2026-01-02T03:04:05Z",
  uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
  uri: `${location.origin}/`,
};

/** A value that fits a schema. Of an object, the required fields; all of them if `complete`, or if none is required. */
export function example(api, schema, complete = false, depth = 0) {
  const found = whole(api, schema);
  const given = [found.example, found.examples?.[0], found.const, found.default, found.enum?.[0]].find(
    (value) => value !== undefined && value !== null && value !== "",
  );
  if (given !== undefined) return given;
  const type = [found.type].flat().find((type) => type !== "null") ?? (found.properties ? "object" : "string");
  switch (type) {
    case "object":
      return depth > DEEPEST ? {} : exampleObject(api, found, complete, depth);
    case "array":
      return depth > DEEPEST ? [] : [example(api, found.items, complete, depth + 1)];
    case "integer":
    case "number":
      return found.minimum ?? 0;
    case "boolean":
      return false;
    default:
      return FORMATS[found.format] ?? "";
  }
}

function exampleObject(api, schema, complete, depth) {
  const required = schema.required ?? [];
  const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => complete || required.length === 0 || required.includes(name));
  return Object.fromEntries(wanted.map(([name, field]) => [name, example(api, field, complete, depth + 1)]));
}
