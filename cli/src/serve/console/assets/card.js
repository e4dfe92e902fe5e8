// One message, as it is shown.

import { copyButton } from "./copy.js";
import { element } from "./dom.js";
import { codeIn } from "./live.js";
import { showTime } from "./time.js";

const CHANNELS = { mail: "Mail", sms: "SMS", push: "Push" };
/** A registration token is long, and only its end tells it from others. */
const TOKEN_END = 12;

/** Where a message went, as people say it. */
export const place = ({ channel, to }) => (channel === "push" && to.length > TOKEN_END ? `device …${to.slice(-TOKEN_END)}` : to);

/** The card of a message. */
export function card(message) {
  const channel = CHANNELS[message.channel] ?? message.channel;
  const heading = `message-${message.number}`;
  const time = element("time");
  showTime(time, message.sent_at);
  return element(
    "li",
    { class: "card", "data-to": message.to.toLowerCase() },
    element(
      "article",
      { "aria-labelledby": heading },
      element(
        "header",
        {},
        element("h2", { id: heading }, message.subject ?? "Text message"),
        element(
          "p",
          { class: "meta" },
          element("span", { class: `channel ${message.channel}` }, channel),
          " to ",
          element("strong", { title: place(message) === message.to ? null : message.to }, place(message)),
        ),
        element("p", { class: "meta" }, time, message.template ? element("span", { class: "template" }, message.template) : null),
      ),
      code(message),
      message.html ? views(message) : text(message),
    ),
  );
}

function code(message) {
  const found = codeIn(message);
  if (found === null) return null;
  return element(
    "div",
    { class: "code" },
    element("p", { class: "digits" }, found),
    copyButton("Copy", `code ${found}`, () => found),
  );
}

const text = (message) => element("pre", {}, message.text);

/** The HTML comes from its own address, with a policy that lets it run nothing and load nothing, into a frame that allows nothing. */
const html = (message) =>
  element("iframe", {
    class: "frame",
    sandbox: "",
    src: `/_local/mail/${message.number}`,
    title: `HTML of message ${message.number}`,
    referrerpolicy: "no-referrer",
  });

/** Text and HTML, of which one is shown. The HTML is not loaded before it is asked for. */
function views(message) {
  const shown = element("div", { class: "view" }, text(message));
  const button = (label, make, pressed) => {
    const made = element("button", { type: "button", "aria-pressed": String(pressed) }, label);
    made.addEventListener("click", () => {
      for (const other of made.parentElement.children) other.setAttribute("aria-pressed", String(other === made));
      shown.replaceChildren(make(message));
    });
    return made;
  };
  const buttons = element(
    "div",
    { class: "switch", role: "group", "aria-label": "Show as" },
    button("Text", text, true),
    button("HTML", html, false),
  );
  return [buttons, shown];
}
