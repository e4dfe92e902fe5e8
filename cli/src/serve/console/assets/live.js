// What was sent, as it is sent: one request waits at the stack until there is something new, and is then repeated. Each answer
// names the place from which the next one goes on, so that nothing is missed while the connection is lost.

import { byId } from "./dom.js";

const LONGEST_WAIT = 40_000;
const PAUSES = [300, 1_000, 2_000, 4_000];

/** Calls `take` with every answer, for as long as the page is open. */
export async function follow(take) {
  let after = "";
  let failures = 0;
  for (;;) {
    const news = await ask(after);
    show(news !== null);
    if (news === null) {
      await pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
      failures += 1;
      continue;
    }
    failures = 0;
    after = `?after=${encodeURIComponent(news.cursor)}`;
    take(news);
  }
}

async function ask(after) {
  try {
    const response = await fetch(`/_local/live${after}`, { signal: AbortSignal.timeout(LONGEST_WAIT) });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

function show(connected) {
  const state = byId("connection");
  const text = connected ? "Live" : "The stack does not answer";
  if (state.textContent !== text) state.textContent = text;
  state.dataset.connected = connected;
}

/** The code in a message: six digits that stand by themselves. */
export function codeIn(message) {
  return /(?<![\w+./-])\d{6}(?![\w/-]|\.\d)/.exec(message.text)?.[0] ?? null;
}
