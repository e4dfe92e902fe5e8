// A button that copies a text, and says that it did.

import { announce, element } from "./dom.js";

const SHOWN = 1_600;

/** A button that copies what `text` gives when it is pressed; `what` is what was copied, for those who listen. */
export function copyButton(label, what, text) {
  const button = element("button", { type: "button", class: "copy", "aria-label": `${label} ${what}` }, label);
  button.addEventListener("click", async () => {
    const copied = await copy(text());
    button.textContent = copied ? "Copied" : "Not copied";
    button.classList.toggle("done", copied);
    announce(copied ? `Copied ${what}` : `${what} could not be copied`);
    setTimeout(() => {
      button.textContent = label;
      button.classList.remove("done");
    }, SHOWN);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The clipboard is there for localhost and https only; a stack that listens to the network is neither. */
function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.body.appendChild(element("textarea", { class: "unseen", readonly: true, "aria-hidden": "true" }));
  area.value = text;
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
}
