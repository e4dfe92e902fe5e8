// The page of the messages: newest first, live, by address.

import { card, place } from "./card.js";
import { copyButton } from "./copy.js";
import { announce, byId, element } from "./dom.js";
import { codeIn, follow } from "./live.js";
import { referenceOf, showNavigation, surfaces, titleOf } from "./navigation.js";

const MOST = 300;
const TITLE = document.title;

const list = byId("messages");
const wanted = byId("to");
let count = 0;
let heard = false;
let unseen = 0;
let known = [];

function take(news) {
  const cards = news.messages.map(card);
  if (news.anew) list.replaceChildren(...cards);
  else {
    cards.forEach((made) => made.classList.add("new"));
    list.prepend(...cards);
    tell(news.messages);
  }
  while (list.children.length > MOST) list.lastElementChild.remove();
  count = news.count;
  heard = true;
  filter();
}

/** Tells what arrived: aloud, and in the title of a page that is not looked at. */
function tell(messages) {
  if (messages.length === 0) return;
  const [to, code] = [place(messages[0]), codeIn(messages[0])];
  announce(code === null ? `New message to ${to}` : `New message to ${to}, code ${[...code].join(" ")}`);
  if (document.hidden) unseen += messages.length;
  showUnseen();
}

const showUnseen = () => (document.title = unseen > 0 ? `(${unseen}) ${TITLE}` : TITLE);

function filter() {
  const part = wanted.value.trim().toLowerCase();
  const cards = [...list.children];
  for (const made of cards) made.hidden = !made.dataset.to.includes(part);
  const shown = cards.filter((made) => !made.hidden).length;
  byId("count").textContent = part === "" ? all(cards.length) : `${shown} of ${cards.length}`;
  const none = byId("none");
  none.hidden = shown > 0;
  if (shown === 0) none.replaceChildren(...(count === 0 ? nothingYet() : nothingHere(part)));
}

const all = (shown) => (count > shown ? `${count}, the newest ${shown} shown` : count === 1 ? "1 message" : `${count} messages`);

function nothingYet() {
  const steps = [element("h2", {}, "Nothing was sent yet")];
  const [first] = known;
  if (!first) return steps;
  const command =
    `curl ${location.origin}/v1/auth/signup -H 'content-type: application/json' \\\n` +
    `  -d '{"name":"Ada Lovelace","email":"ada@example.com","password":"analytical engine no. 1"}'`;
  const link = element("a", { href: referenceOf(first) }, titleOf(first));
  steps.push(
    element(
      "p",
      {},
      "Sign someone up: try the operation in the reference of the ",
      link,
      ", or paste this. The code appears here at once.",
    ),
  );
  if (first.name !== "account") return steps;
  return [...steps, element("pre", {}, command), copyButton("Copy", "the command", () => command)];
}

function nothingHere(part) {
  const showAll = () => {
    wanted.value = "";
    changed();
    wanted.focus();
  };
  const older = count > MOST ? ` Older messages are at /_local/messages?to=${part} as JSON.` : "";
  return [
    element("h2", {}, `Nothing was sent to ${part}`),
    element("p", {}, `What is sent there from now on appears here.${older}`),
    element("button", { type: "button", onclick: showAll }, "Show all"),
  ];
}

function changed() {
  const part = wanted.value.trim();
  history.replaceState(null, "", part === "" ? location.pathname : `?to=${encodeURIComponent(part)}`);
  filter();
}

// A `+` is a phone number's, not a space.
wanted.value = new URLSearchParams(location.search.replaceAll("+", "%2B")).get("to") ?? "";
wanted.addEventListener("input", changed);
byId("filter").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) unseen = 0;
  showUnseen();
});

follow(take);
known = await surfaces();
showNavigation(known);
if (heard) filter();
