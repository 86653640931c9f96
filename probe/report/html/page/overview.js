// The run at a glance: what was asked, what came out, what went wrong, what it cost, who took part, and whether the record is proved.

addView({
  name: "overview",
  tab: "Overview",
  key: "o",
  show(root, _path, page) {
    const fill = () => root.replaceChildren(...overview(page));
    fill();
    page.onUpdate(fill, root);
  },
});

/** @param {Page} page */
function overview(page) {
  const { summary } = page;
  const notes = summary.notes.map((note) => h("li", {}, isolated(note)));
  return [
    problems(summary),
    h("div", { class: "cards" }, costCard(summary), tokenCard(summary), workCard(summary), proofCard(page)),
    h("div", { class: "asked" }, section("Asked", asked(page)), section("Came out", cameOut(summary))),
    section("Where the time went", timeBar(summary)),
    section("What it did", summary.turns.length ? growing(h("ol", { class: "steps" }), summary.turns, (turn) => step(turn, page), 30) : empty("No call of a model was recorded. ", h("a", { href: "#network" }, "What was exchanged"))),
    section("Who took part", participants(page)),
    ...(notes.length ? [section("Notes", h("ul", {}, notes))] : []),
    section("This run", runFacts(summary)),
  ];
}

/** @param {Summary} summary */
function problems({ problems: found, run }) {
  if (!found.length) return h("p", { class: "verdict good" }, run.live ? "No problem so far." : "No problems were found.");
  return h("section", { class: "verdict bad" }, h("h2", {}, plural(found.length, "problem")), h("ul", {}, found.map((problem) => h("li", {}, isolated(problem)))));
}

/** @param {string} title @param {string} href @param {any} value @param {...any} words */
function card(title, href, value, ...words) {
  return h("section", { class: "card" }, h("h2", {}, h("a", { href }, title)), h("p", { class: "value" }, value), words.filter(Boolean).map((word) => (word instanceof Node ? word : h("p", {}, word))));
}

/** @param {Summary} summary */
function costCard({ cost }) {
  return card("Cost", "#cost", costWords(cost), cost.dollars !== null && !cost.paid ? "Nobody paid it: the answers are a replay." : null, cost.sources.length ? `Prices: ${cost.sources.join(", ")}` : null, ...cost.reasons.slice(0, 2));
}

/** @param {Cost} cost */
function costWords(cost) {
  return cost.dollars === null ? "unknown" : `${cost.at_least ? "at least " : ""}${dollars(cost.dollars)}`;
}

/** @param {Summary} summary */
function tokenCard({ tokens: { total, input, output, cache_read: cached } }) {
  if (total === null && input === null && output === null) return card("Tokens", "#cost", "unknown", "No answer reported its usage.");
  return card("Tokens", "#cost", number(total), `${number(input)} in, ${number(output)} out`, cached === null ? null : `${number(cached)} of the input read from the cache`);
}

/** @param {Summary} summary */
function workCard({ counts, time, models }) {
  const kinds = [[counts.side_requests, "side request"], [counts.sub_agents, "sub-agent"], [counts.failed_tries, "failed try", "failed tries"]];
  const extra = kinds.filter(([count]) => count).map((words) => plural(.../** @type {[number, string]} */ (words))).join(", ");
  const names = [...new Set(models.map(({ model }) => model ?? "a model that is not named"))];
  return card("Work", "#time", `${plural(counts.turns, "turn")} in ${seconds(time.seconds)}`, extra, isolated(names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "")));
}

/** @param {Page} page */
function proofCard(page) {
  const [state, words] = proofInWords(page.summary);
  return card("Record", "#network/proof", h("span", { class: `badge ${state}` }, words), bodiesInWords(page.summary.proof), proofButton(page));
}

/** @param {Proof} proof */
function bodiesInWords(proof) {
  return `${number(proof.bodies_with_hash)} of ${plural(proof.bodies, "body", "bodies")} with a hash`;
}

/** Return a class and words for the proof of a record's file. @param {Summary} summary @returns {[string, string]} */
function proofInWords({ proof: { matches, seen, written }, run }) {
  if (matches === false) return ["bad", "changed since it was recorded"];
  if (seen !== null && written !== null && seen !== written && !run.live) return ["bad", `${number(written)} of ${number(seen)} exchanges written`];
  if (matches) return ["good", "as it was recorded"];
  return ["warn", run.live ? "still being recorded" : "nothing to compare with"];
}

/** Return a button that hashes every body in this page. @param {Page} page */
function proofButton(page) {
  const result = h("p", { role: "status" });
  const button = /** @type {HTMLButtonElement} */ (h("button", { type: "button" }, "Check every body in this page"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const found = await proveAll(page, (done, all) => (result.textContent = `${number(done)} of ${number(all)} exchanges checked …`));
      result.replaceChildren();
      append(result, proofResult(found));
    } catch (error) {
      result.textContent = `The check could not be made: ${/** @type {Error} */ (error).message}`;
    }
    button.disabled = false;
  });
  return h("div", {}, button, result);
}

/** @param {Awaited<ReturnType<typeof proveAll>>} found */
function proofResult({ proved, redacted, unproved, wrong }) {
  const counts = /** @type {[number, string][]} */ ([[proved, "as they crossed the wire"], [redacted, "as recorded, with secrets redacted"], [unproved, "without a hash to compare with"]]);
  const words = counts.filter(([count]) => count).map(([count, kind]) => `${number(count)} ${kind}`).join(", ");
  if (wrong.length) return [h("b", { class: "bad" }, `${plural(wrong.length, "body", "bodies")} differ: lines `), lineLinks(wrong.map(({ line }) => line)), `; ${words}`];
  return [proved + redacted ? h("b", { class: "good" }, "✓ All that can be checked is right: ") : null, words || "There is no body."];
}

/** Return the prompt; where it was not given to this program, what a human typed first. @param {Page} page */
function asked(page) {
  const { prompt } = page.summary.run;
  const body = h("div", { class: "boxed asked-text", tabindex: "0", role: "region", "aria-label": "Prompt" });
  if (prompt !== null) body.append(textView(prompt));
  else typed(page).then((texts) => body.append(...texts), (error) => body.append(empty(error.message)));
  return body;
}

/** @param {Page} page */
async function typed(page) {
  const [first, ...others] = await humanItems(page);
  if (first === undefined) return [empty("The prompt was not given to this program, and no text of a human was found in the requests.")];
  const more = others.length ? [h("p", {}, h("a", { href: "#tools/human" }, `All ${number(others.length + 1)} messages of a human`))] : [];
  return [...(await humanTexts(page, first)).map((text) => textView(text)), ...more];
}

/** @param {Summary} summary */
function cameOut({ final_answer: answer, run }) {
  if (!answer) return empty(run.live ? "No answer yet." : "No turn ended with an answer in text: see the last turns below.");
  return [h("div", { class: "boxed asked-text", tabindex: "0", role: "region", "aria-label": "Final answer" }, proseView(answer.text)), h("p", {}, turnLink(answer.turn, `from turn ${answer.turn}`))];
}

/** @param {Summary} summary */
function timeBar({ time }) {
  if (!time.seconds) return empty("The record has no times.");
  /** @type {[string, string, number][]} */
  const kinds = [["model", "--t-model", time.model], ["tools", "--t-tool", time.tool], ["the agent itself", "--t-agent", time.agent], ["idle: waiting for the user", "--t-idle", time.idle]];
  const first = time.median_to_first_token;
  return [shareBar("Time", kinds.map(([name, color, value]) => ({ name, color, value, text: seconds(value) }))), first === null ? null : h("p", {}, `First token after ${seconds(first)} (median). `, h("a", { href: "#time" }, "Waterfall"))];
}

/** @param {Turn} turn @param {Page} page */
function step(turn, { summary, threads }) {
  const thread = threads.get(turn.thread);
  const who = turn.is_side ? turn.purpose : thread?.is_sub_agent ? `sub-agent ${thread.agent ?? ""}` : null;
  const badges = [
    who ? h("span", { class: "badge" }, isolated(who)) : null,
    IS.failed(turn, summary) ? h("span", { class: "badge bad" }, turn.problem ? "error" : "tool failed") : null,
    turn.tries.length ? h("span", { class: "badge warn" }, plural(turn.tries.length, "failed try", "failed tries")) : null,
  ];
  return h("li", { class: turn.is_side ? "side" : null }, h("a", { href: `#turn-${turn.number}`, "aria-label": `Turn ${turn.number}` }, turn.number),
    h("span", { class: "did" }, badges, isolated(turn.did || "no content in the answer")), h("span", { class: "num" }, tookWords(turn)));
}

/** @param {Page} page */
function participants({ summary, threads }) {
  if (!threads.size) return empty("Nobody: no call of a model was recorded.");
  return longTable("Threads of the conversation", ["who", "#session", "started by", "turns", "#count", "#prompts"], summary.threads, (thread) => {
    const parent = threads.get(thread.parent ?? -1);
    return [threadName(thread, summary), thread.session, parent ? threadName(parent, summary) : "the user", turnRange(thread.turns), number(thread.turns.length), number(thread.prompts)];
  }, 20);
}

/** Return what a thread is called. @param {Thread} thread @param {Summary} summary */
function threadName(thread, { turns }) {
  const side = thread.turns.map((turn) => turns[turn - 1]).find((turn) => turn?.is_side);
  const isSide = side && thread.turns.every((turn) => turns[turn - 1]?.is_side);
  return `${thread.number}: ${isSide ? `side requests: ${side.purpose}` : thread.is_sub_agent ? `sub-agent ${thread.agent ?? ""}` : "main thread"}`;
}

/** @param {number[]} turns */
function turnRange(turns) {
  const last = turns.length > 1 ? turns[turns.length - 1] : null;
  return [turnLink(turns[0]), last ? " to " : "", turnLink(last)];
}

/** @param {Summary} summary */
function runFacts({ run, project, secrets, unknown, generated_at: made }) {
  const places = secrets.slice(0, 3).map(({ place }) => place).join(", ");
  return factList([
    ["Agent", [isolated(run.agent ?? run.target ?? "unknown"), run.agent_exit_code === null ? "" : `, exit code ${run.agent_exit_code}`]],
    ["Command", run.command ? h("code", {}, isolated(run.command.join(" "))) : null],
    ["Started", run.started === null ? null : `${new Date(run.started * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`],
    ["Replay of", run.replay_of],
    ["Secrets", run.keeps_secrets ? h("b", { class: "bad" }, "kept in the record: do not share it") : secrets.length ? ["redacted: ", h("a", { href: "#network" }, places, secrets.length > 3 ? ` and ${secrets.length - 3} more places` : "")] : "none found"],
    ["Not understood", unknown.length ? isolated(unknown.map(({ what, count }) => `${what} (${number(count)})`).join(", ")) : null],
    ["Record", h("code", {}, isolated(run.source))],
    ["Written by", `${project.name} ${project.version}, ${made}`],
  ]);
}
