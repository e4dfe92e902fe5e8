// One operation: what it is for, what it takes and gives, and its trial.

import { element, prose } from "./dom.js";
import { fieldList, whole } from "./schema.js";
import { Trial } from "./trial.js";

/** An operation's part of the page: `{ element, trial }`. */
export function showOperation(api, operation, bearer, sent) {
  const trial = new Trial(api, operation, bearer, sent);
  const heading = `${operation.id}-title`;
  const lock = operation.bearer ? element("span", { class: "lock" }, operation.bearer === "required" ? "bearer" : "bearer optional") : null;
  const made = element(
    "details",
    { class: "operation", id: operation.id },
    element(
      "summary",
      {},
      method(operation),
      element("h3", { id: heading }, operation.summary),
      element("code", { class: "path" }, breakable(operation.path)),
      operation.deprecated ? element("span", { class: "deprecated" }, "deprecated") : null,
      lock,
    ),
    element("div", { class: "inside" }, element("div", { class: "told" }, told(api, operation)), trial.element, outcomes(api, operation)),
  );
  return { element: made, operation, trial };
}

/** A method, coloured. */
export const method = (operation) => element("span", { class: `method ${operation.method.toLowerCase()}` }, operation.method);

/** A path that can be broken after its slashes. */
const breakable = (path) => path.split("/").flatMap((part, place) => (place === 0 ? [part] : ["/", element("wbr"), part]));

function told(api, operation) {
  const parts = operation.description ? [element("p", { class: "description" }, prose(operation.description))] : [];
  if (operation.parameters.length > 0) parts.push(element("h4", {}, "Parameters"), parameterList(api, operation.parameters));
  if (operation.body) parts.push(element("h4", {}, "Request"), about(api, operation.body.schema), fieldList(api, operation.body.schema));
  return parts;
}

function outcomes(api, operation) {
  const responses = operation.responses.map((response) => showResponse(api, response));
  return element("div", { class: "outcomes" }, element("h4", {}, "Responses"), element("ul", { class: "responses" }, responses));
}

function about(api, schema) {
  const { description } = whole(api, schema);
  return description ? element("p", { class: "hint" }, prose(description)) : null;
}

/** Parameters read like the fields of an object. */
function parameterList(api, parameters) {
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description, in: place }) => [
      name,
      { ...schema, description: `${description ?? ""} (${place})`.trim() },
    ]),
  );
  return fieldList(api, {
    type: "object",
    properties,
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  });
}

function showResponse(api, response) {
  const kind = response.status.startsWith("2") ? "good" : response.status.startsWith("5") ? "bad" : "warning";
  const line = [element("span", { class: `number ${kind}` }, response.status), " ", element("span", {}, prose(response.description))];
  if (!response.schema) return element("li", {}, element("p", {}, line));
  const headers = response.headers.length > 0 ? element("p", { class: "hint" }, `Headers: ${response.headers.join(", ")}`) : null;
  return element(
    "li",
    {},
    element("details", {}, element("summary", {}, line), headers, about(api, response.schema), fieldList(api, response.schema)),
  );
}
