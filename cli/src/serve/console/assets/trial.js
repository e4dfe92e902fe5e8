// "Try it": a form that sends an operation's request to this stack, and shows what comes back.

import { showAnswer, showFailure } from "./answer.js";
import { copyButton } from "./copy.js";
import { announce, element } from "./dom.js";
import { Editor } from "./editor.js";
import { Parameters } from "./parameters.js";
import { curl, request, send } from "./request.js";

export class Trial {
  #operation;
  #bearer;
  #parameters;
  #withBearer;
  #editor;
  #answer;
  #form;

  /** `sent` is called when a request has been sent, with the place below its answer. */
  constructor(api, operation, bearer, sent) {
    this.#operation = operation;
    this.#bearer = bearer;
    this.#parameters = new Parameters(api, operation);
    this.#withBearer = operation.bearer ? element("input", { type: "checkbox", checked: true, id: `${operation.id}-with-bearer` }) : null;
    this.#editor = operation.body ? new Editor(api, operation, bearer) : null;
    this.#answer = element("div", { class: "answer" });
    this.#form = this.#makeForm(sent);
  }

  get element() {
    return this.#form;
  }

  /** Sets those fields of the body that it has already; whether there was one. */
  fill(values) {
    return this.#editor?.fill(values) ?? false;
  }

  focus() {
    this.#form.querySelector("button.send").focus();
  }

  #makeForm(sent) {
    const below = element("div", { class: "below" });
    const submit = async (event) => {
      event.preventDefault();
      await this.#send();
      sent(below);
    };
    const copy = copyButton("Copy as curl", "the request", () => curl(this.#request()));
    return element(
      "form",
      { class: "trial", onsubmit: submit, "aria-label": `Try: ${this.#operation.summary}` },
      element("h4", {}, "Try it"),
      this.#parameters.show(),
      this.#withBearer ? this.#bearerChoice() : null,
      this.#editor?.show(),
      element("p", { class: "buttons" }, element("button", { class: "send" }, "Send"), copy),
      this.#answer,
      below,
    );
  }

  #bearerChoice() {
    const state = element("span", { class: "hint" });
    this.#bearer.onChange(({ access }) => (state.textContent = access ? "" : "There is none yet."));
    const label = this.#operation.bearer === "optional" ? "Send the bearer (optional)" : "Send the bearer";
    return element("p", { class: "choice" }, this.#withBearer, element("label", { for: this.#withBearer.id }, label), " ", state);
  }

  #request() {
    const bearer = this.#withBearer?.checked ? (this.#bearer.tokens.access ?? null) : null;
    return request(this.#operation, { parameters: this.#parameters.values, bearer, body: this.#editor?.text ?? null });
  }

  async #send() {
    try {
      const answer = await send(this.#request());
      const taken = answer.response.ok && this.#bearer.takeFrom(parse(answer.text));
      this.#answer.replaceChildren(...showAnswer(answer, taken).filter(Boolean));
      announce(`Answer ${answer.response.status}${taken ? ", access token taken over" : ""}`);
    } catch (error) {
      this.#answer.replaceChildren(...showFailure(error));
      announce("No answer");
    }
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
