// The reference of one surface, made from its OpenAPI document.

import { followCodes, moveArrival } from "./arrival.js";
import { Bearer } from "./bearer.js";
import { byId, element, prose } from "./dom.js";
import { referenceOf, showNavigation, surfaces, titleOf } from "./navigation.js";
import { groups } from "./openapi.js";
import { method, showOperation } from "./operation.js";

const known = await surfaces();
showNavigation(known);
const surface = known.find((surface) => referenceOf(surface) === location.pathname);
const response = await fetch(surface.document);
if (response.ok) show(await response.json());
else byId("about").textContent = `${surface.document} answers ${response.status}.`;

function show(api) {
  const title = api.info?.title ?? titleOf(surface);
  document.title = `${titleOf(surface)} – Latchkey`;
  byId("title").textContent = title.replace(/^Latchkey: /, "");
  byId("about").replaceChildren(...prose(api.info?.description), " ", element("a", { href: surface.document }, "OpenAPI document"));

  const bearer = new Bearer(surface.name);
  const found = groups(api);
  const takesBearer = found.some((group) => group.operations.some((operation) => operation.bearer));
  byId("bearer").hidden = !takesBearer;
  if (takesBearer) bearer.show();
  const shown = found.map((group) => group.operations.map((operation) => showOperation(api, operation, bearer, moveArrival)));
  byId("operations").replaceChildren(...found.map((group, place) => showGroup(group, shown[place])));
  byId("contents").replaceChildren(...found.flatMap(contentsOf));
  openAsked(shown.flat()[0]?.element);
  addEventListener("hashchange", () => openAsked());
  followCodes(shown.flat());
}

function showGroup(group, operations) {
  const heading = `group-${group.name}`;
  return element(
    "section",
    { "aria-labelledby": heading },
    element("h2", { id: heading }, titleOfGroup(group)),
    group.description ? element("p", {}, prose(group.description)) : null,
    operations.map((operation) => operation.element),
  );
}

/** A group's name, for people: `AuthApi` is "Auth". */
function titleOfGroup({ name }) {
  return name.replace(/Api$/, "").replaceAll(/([a-z])([A-Z])/g, "$1 $2");
}

function contentsOf(group) {
  const links = group.operations.map((operation) =>
    element("li", {}, element("a", { href: `#${operation.id}` }, method(operation), " ", operation.summary)),
  );
  return [element("h2", {}, titleOfGroup(group)), element("ul", {}, links)];
}

/** Opens the operation that the address names, or the one given. */
function openAsked(otherwise) {
  const asked = byId(decodeURIComponent(location.hash.slice(1)));
  const wanted = asked instanceof HTMLDetailsElement ? asked : otherwise;
  if (wanted) wanted.open = true;
  if (wanted === asked) asked?.scrollIntoView({ block: "start" });
}
