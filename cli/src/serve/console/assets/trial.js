// "Try it": a form that sends an operation's request to this stack, and shows what comes back.

import { showAnswer, showFailure } from "./answer.js";
import { copyButton } from "./copy.js";
import { announce, element, prose } from "./dom.js";
import { curl, request, send } from "./request.js";
import { example } from "./schema.js";

export class Trial {
  #document;
  #operation;
  #bearer;
  #inputs;
  #withBearer;
  #body;
  #answer;
  #form;

  /** `sent` is called when a request has been sent, with the place below its answer. */
  constructor(document, operation, bearer, sent) {
    this.#document = document;
    this.#operation = operation;
    this.#bearer = bearer;
    this.#inputs = operation.parameters.map((parameter) => ({ parameter, input: this.#input(parameter) }));
    this.#withBearer = operation.bearer ? element("input", { type: "checkbox", checked: true, id: this.#id("bearer") }) : null;
    this.#body = operation.body ? this.#editor() : null;
    this.#answer = element("div", { class: "answer" });
    this.#form = this.#makeForm(sent);
    if (this.#body) bearer.onChange(({ refresh }) => refresh && this.fill({ refresh_token: refresh }));
  }

  get element() {
    return this.#form;
  }

  /** Sets those fields of the body that it has already; whether there was one. */
  fill(values) {
    const body = this.#parsed();
    const names = Object.keys(values).filter((name) => body && Object.hasOwn(body, name));
    for (const name of names) body[name] = values[name];
    if (names.length > 0) this.#write(body);
    return names.length > 0;
  }

  /** What the body says, if it is a JSON object. */
  #parsed() {
    try {
      const body = JSON.parse(this.#body?.value ?? "null");
      return typeof body === "object" && !Array.isArray(body) ? body : null;
    } catch {
      return null;
    }
  }

  focus() {
    this.#form.querySelector("button.send").focus();
  }

  #makeForm(sent) {
    const below = element("div", { class: "below" });
    const submit = (event) => {
      event.preventDefault();
      this.#send().then(() => sent(below));
    };
    return element(
      "form",
      { class: "trial", onsubmit: submit, "aria-label": `Try ${this.#operation.summary}` },
      element("h4", {}, "Try it"),
      this.#inputs.map(({ parameter, input }) => this.#labelled(parameter, input)),
      this.#withBearer ? this.#bearerChoice() : null,
      this.#body ? this.#bodyParts() : null,
      element("p", { class: "buttons" }, element("button", { class: "send" }, "Send"), copyButton("Copy as curl", "the request", () => curl(this.#request()))),
      this.#answer,
      below,
    );
  }

  #id(name) {
    return `${this.#operation.id}-${name}`;
  }

  #input(parameter) {
    const input = element("input", { id: this.#id(parameter.name), required: parameter.required, autocomplete: "off", spellcheck: "false" });
    input.value = parameter.isKey ? (localStorage.getItem(`latchkey.key.${parameter.name}`) ?? "") : (parameter.example ?? example(this.#document, parameter.schema));
    if (parameter.isKey) input.addEventListener("change", () => localStorage.setItem(`latchkey.key.${parameter.name}`, input.value));
    return input;
  }

  #labelled(parameter, input) {
    const label = element("label", { for: input.id }, element("code", {}, parameter.name), ` in ${parameter.in}`, parameter.required ? element("span", { class: "required" }, "required") : null);
    return element("div", { class: "parameter" }, label, input, parameter.description ? element("p", { class: "hint" }, prose(parameter.description)) : null);
  }

  #bearerChoice() {
    const state = element("span", { class: "hint" });
    this.#bearer.onChange(({ access }) => (state.textContent = access ? "" : "There is none yet."));
    const label = this.#operation.bearer === "optional" ? "Send the bearer (optional)" : "Send the bearer";
    return element("p", { class: "choice" }, this.#withBearer, element("label", { for: this.#withBearer.id }, label), " ", state);
  }

  #editor() {
    const editor = element("textarea", { id: this.#id("body"), spellcheck: "false", autocomplete: "off", autocapitalize: "none" });
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
    return editor;
  }

  #bodyParts() {
    const { type, schema, given } = this.#operation.body;
    const fillIn = (complete) => {
      this.#write(given ?? example(this.#document, schema, complete));
      const { refresh } = this.#bearer.tokens;
      if (refresh) this.fill({ refresh_token: refresh });
    };
    fillIn(true);
    const most = this.#body.value;
    fillIn(false);
    const button = (text, complete) => element("button", { type: "button", class: "quiet", onclick: () => fillIn(complete) }, text);
    return element("div", { class: "editor" }, element("p", { class: "caption" }, element("label", { for: this.#body.id }, "Body"), element("span", { class: "type" }, type), button("Reset", false), most === this.#body.value ? null : button("All fields", true)), this.#body);
  }

  #write(value) {
    const isForm = this.#operation.body.type === "application/x-www-form-urlencoded";
    this.#body.value = typeof value === "string" ? value : isForm ? new URLSearchParams(value).toString() : JSON.stringify(value, null, 2);
    this.#body.rows = Math.min(Math.max(this.#body.value.split("\n").length, 3), 18);
  }

  #request() {
    const parameters = Object.fromEntries(this.#inputs.map(({ parameter, input }) => [parameter.name, input.value]));
    const bearer = this.#withBearer?.checked ? (this.#bearer.tokens.access ?? null) : null;
    const body = this.#body && this.#body.value !== "" ? this.#body.value : null;
    return request(this.#operation, { parameters, bearer, body });
  }

  async #send() {
    this.#answer.setAttribute("aria-busy", "true");
    try {
      const answer = await send(this.#request());
      const taken = answer.response.ok && this.#bearer.takeFrom(parse(answer.text));
      this.#answer.replaceChildren(...showAnswer(answer, taken).filter(Boolean));
      announce(`Answer ${answer.response.status}${taken ? ", access token taken over" : ""}`);
    } catch (error) {
      this.#answer.replaceChildren(...showFailure(error));
      announce("No answer");
    }
    this.#answer.removeAttribute("aria-busy");
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
