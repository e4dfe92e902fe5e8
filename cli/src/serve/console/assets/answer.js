// What came back: status, time, the headers that are worth seeing, and the body.

import { copyButton } from "./copy.js";
import { element } from "./dom.js";

const WORTH_SEEING =
  /^(x-request-id|x-ratelimit-.*|ratelimit.*|retry-after|location|www-authenticate|content-type|etag|deprecation|sunset)$/;

/** An answer, to be put into the page; `taken` tells that its tokens were taken over. */
export function showAnswer({ response, text, milliseconds }, taken) {
  const kind = response.ok ? "good" : response.status >= 500 ? "bad" : "warning";
  const headers = [...response.headers].filter(([name]) => WORTH_SEEING.test(name));
  const body = pretty(text);
  return [
    element("p", { class: `status ${kind}` }, element("strong", {}, phrase(response)), ` in ${milliseconds} ms`),
    taken ? element("p", { class: "taken" }, "The access token was taken over as the bearer.") : null,
    headers.length > 0
      ? element(
          "dl",
          { class: "headers" },
          headers.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
        )
      : null,
    body === ""
      ? element("p", { class: "hint" }, "No body.")
      : element(
          "div",
          { class: "body" },
          element("pre", { tabindex: "0", role: "group", "aria-label": "Body of the answer" }, body),
          copyButton("Copy", "the answer", () => body),
        ),
  ];
}

/** A request that got no answer. */
export const showFailure = (error) => [
  element("p", { class: "status bad" }, element("strong", {}, "No answer"), ` (${error.message}). Is the stack running?`),
];

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const PHRASES = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function phrase({ type, status, statusText }) {
  if (type === "opaqueredirect") return "Redirect";
  return `${status} ${statusText || (PHRASES[status] ?? "")}`.trim();
}
