// The newest code, beside the operation that was tried last, with an offer to fill it in where a code is asked for.

import { copyButton } from "./copy.js";
import { announce, byId, element } from "./dom.js";
import { codeIn, follow } from "./live.js";

const CODES = ["otp", "code", "otp_code", "verification_code"];
const ADDRESSES = { mail: ["email", "address", "identifier"], sms: ["phone", "phone_number", "address", "identifier"] };

/** Follows what is sent, and offers codes to these operations. */
export function followCodes(operations) {
  follow(({ anew, messages }) => {
    const message = anew ? undefined : messages.find((message) => codeIn(message) !== null);
    if (message) show(message, operations);
  });
}

/** Moves the newest code to where the eyes are. */
export function moveArrival(place) {
  place.append(byId("arrival"));
}

function show(message, operations) {
  const code = codeIn(message);
  const hide = () => (byId("arrival").hidden = true);
  byId("arrival").replaceChildren(
    element("p", {}, "Code for ", element("strong", {}, message.to)),
    element("p", { class: "digits" }, code),
    element(
      "p",
      { class: "buttons" },
      element("button", { type: "button", class: "fill", onclick: () => fill(message, code, operations) }, "Fill in"),
      copyButton("Copy", `code ${code}`, () => code),
      element("button", { type: "button", class: "quiet", onclick: hide }, "Hide"),
    ),
  );
  byId("arrival").hidden = false;
  announce(`Code for ${message.to}: ${[...code].join(" ")}`);
}

/** Fills a code in wherever one is asked for, and goes to where this one belongs: an operation says which templates' codes it takes. */
function fill(message, code, operations) {
  const address = Object.fromEntries((ADDRESSES[message.channel] ?? []).map((name) => [name, message.to]));
  const codes = Object.fromEntries(CODES.map((name) => [name, code]));
  const filled = operations.filter(({ trial }) => trial.fill(codes));
  const addressed = filled.filter(({ trial }) => trial.fill(address));
  const takes = ({ operation }) => operation.takesCodeOf.includes(message.template);
  const fits = addressed.find(takes) ?? filled.find(takes) ?? filled[0];
  if (!fits) return announce("No operation asks for a code");
  fits.element.open = true;
  fits.element.scrollIntoView({ block: "start" });
  fits.trial.focus();
}
