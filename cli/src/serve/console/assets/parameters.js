// The inputs of a trial's parameters. Keys, such as a partner's, are remembered in this browser.

import { element, prose } from "./dom.js";
import { example } from "./schema.js";

export class Parameters {
  #inputs;

  constructor(api, operation) {
    this.#inputs = operation.parameters.map((parameter) => ({ parameter, input: makeInput(api, operation, parameter) }));
  }

  /** The values by name. */
  get values() {
    return Object.fromEntries(this.#inputs.map(({ parameter, input }) => [parameter.name, input.value]));
  }

  /** The inputs with their labels. */
  show() {
    return this.#inputs.map(({ parameter, input }) => labelled(parameter, input));
  }
}

function makeInput(api, operation, parameter) {
  const attributes = { required: parameter.required, autocomplete: "off", spellcheck: "false" };
  const input = element("input", { id: `${operation.id}-${parameter.in}-${parameter.name}`, ...attributes });
  input.value = parameter.example ?? example(api, parameter.schema);
  if (parameter.isKey) remember(input, `latchkey.key.${parameter.name}`);
  return input;
}

function remember(input, key) {
  input.value = localStorage.getItem(key) ?? "";
  input.addEventListener("change", () => localStorage.setItem(key, input.value));
}

function labelled({ name, in: place, required, description }, input) {
  const mark = required ? element("span", { class: "required" }, "required") : null;
  const label = element("label", { for: input.id }, element("code", {}, name), ` in ${place}`, mark);
  return element("div", { class: "parameter" }, label, input, description ? element("p", { class: "hint" }, prose(description)) : null);
}
