// The run at a glance: what was asked, what came out, what went wrong, what it cost, who took part, and whether the record is proved.

addView({
  name: "overview", tab: "Overview", key: "o",
  show(root, _path, page) {
    let waiting = 0;
    const fill = () => {
      waiting = 0;
      // What a reader is about to use stays where it is.
      if (root.matches(":active, :focus-within")) later();
      else root.replaceChildren(...overview(page));
    };
    const later = () => (waiting ||= setTimeout(fill, 500));
    fill();
    page.onUpdate(later, root);
  },
});

/** @param {Page} page */
function overview(page) {
  const { summary } = page;
  const { turns, notes, problems, run } = summary;
  const listed = (/** @type {string[]} */ lines) => h("ul", {}, lines.map((line) => h("li", {}, isolated(line))));
  return [
    problems.length ? h("section", { class: "verdict bad" }, h("h2", {}, plural(problems.length, "problem")), listed(problems)) : h("p", { class: "verdict good" }, run.live ? "No problem so far." : "No problems were found."),
    h("div", { class: "cards" }, cards(page)),
    h("div", { class: "asked" }, section("Asked", asked(page)), section("Came out", cameOut(summary))),
    section("Where the time went", timeBar(summary)),
    section("What it did", turns.length ? growing(h("ol", { class: "steps" }), turns, (turn) => step(turn, page), 30) : empty("No call of a model was recorded. ", h("a", { href: "#network" }, "What was exchanged"))),
    section("Who took part", participants(page)),
    ...(notes.length ? [section("Notes", listed(notes))] : []),
    section("This run", runFacts(summary)),
  ];
}

/** @param {Page} page */
function cards(page) {
  const { cost, tokens, counts, time, models, proof } = page.summary;
  const names = [...new Set(models.map(({ model }) => model ?? "a model that is not named"))];
  const extra = [
    counts.side_requests ? plural(counts.side_requests, "side request") : "",
    counts.sub_agents ? plural(counts.sub_agents, "sub-agent") : "",
    counts.failed_tries ? plural(counts.failed_tries, "failed try", "failed tries") : "",
  ];
  const card = (/** @type {string} */ title, /** @type {string} */ href, /** @type {any} */ value, /** @type {any[]} */ ...words) =>
    h("section", { class: "card" }, h("h2", {}, h("a", { href }, title)), h("p", { class: "value" }, value), words.filter(Boolean).map((word) => h("div", {}, word)));
  return [
    card("Cost", "#cost", costWords(cost), cost.dollars !== null && !cost.paid && "Nobody paid it: the answers are a replay.", cost.sources.length && `Prices: ${cost.sources.join(", ")}`, ...cost.reasons.slice(0, 2).map((reason) => isolated(reason))),
    tokens.total === null && tokens.input === null && tokens.output === null
      ? card("Tokens", "#cost", "unknown", "No answer reported its usage.")
      : card("Tokens", "#cost", number(tokens.total), `${number(tokens.input)} in, ${number(tokens.output)} out`, tokens.cache_read !== null && `${number(tokens.cache_read)} of the input read from the cache`),
    card("Work", "#time", `${plural(counts.turns, "turn")} in ${seconds(time.seconds)}`, extra.filter(Boolean).join(", "), isolated(names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : ""))),
    card("Record", "#network/4", proofBadgeOfFile(page.summary), bodiesInWords(proof), proofButton(page)),
  ];
}

/** @param {Cost} cost */
function costWords(cost) {
  return cost.dollars === null ? "unknown" : `${cost.at_least ? "at least " : ""}${dollars(cost.dollars)}`;
}

/** @param {Proof} proof */
function bodiesInWords(proof) {
  return `${number(proof.bodies_with_hash)} of ${plural(proof.bodies, "body", "bodies")} with a hash`;
}

/** Return whether the file is the one that was recorded. @param {Summary} summary */
function proofBadgeOfFile({ proof: { matches, seen, written }, run }) {
  const isShort = seen !== null && written !== null && seen !== written && !run.live;
  const [state, words] = matches === false ? ["bad", "changed since it was recorded"] : isShort ? ["bad", `${number(written)} of ${number(seen)} exchanges written`] : matches ? ["good", "as it was recorded"] : ["warn", run.live ? "still being recorded" : "nothing to compare with"];
  return h("span", { class: `badge ${state}` }, words);
}

/** Return a button that hashes every body in this page. @param {Page} page */
function proofButton(page) {
  const result = h("p", { role: "status" });
  const button = /** @type {HTMLButtonElement} */ (h("button", { type: "button" }, "Check every body in this page"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    const found = await proveAll(page, (done, all) => (result.textContent = `${number(done)} of ${number(all)} exchanges checked …`)).catch((error) => `The check could not be made: ${error.message}`);
    result.replaceChildren();
    append(result, typeof found === "string" ? [found] : proofWords(found));
    button.disabled = false;
  });
  return [button, result];
}

/** @param {Awaited<ReturnType<typeof proveAll>>} found */
function proofWords({ proved, redacted, unproved, wrong }) {
  const words = Object.entries({ "as they crossed the wire": proved, "as recorded, with secrets redacted": redacted, "without a hash to compare with": unproved }).filter(([, count]) => count).map(([kind, count]) => `${number(count)} ${kind}`).join(", ");
  if (wrong.length) return [h("b", { class: "bad" }, `${plural(wrong.length, "body", "bodies")} differ: lines `), lineLinks(wrong.map(({ line }) => line)), `; ${words}`];
  return [proved + redacted ? h("b", { class: "good" }, "✓ All that can be checked is right: ") : null, words || "There is no body."];
}

/** Return the prompt; where it was not given to this program, what a human typed first. @param {Page} page */
function asked(page) {
  const { prompt } = page.summary.run;
  const body = h("div", { class: "boxed asked-text", tabindex: "0", role: "region", "aria-label": "Prompt" });
  if (prompt !== null) body.append(textView(prompt));
  else typed(page).then((texts) => append(body, texts), (error) => body.append(empty(error.message)));
  return body;
}

/** @param {Page} page */
async function typed(page) {
  const [first, ...others] = await humanItems(page);
  if (first === undefined) return [empty("The prompt was not given to this program, and no text of a human was found in the requests.")];
  return [(await humanTexts(page, first)).map((text) => textView(text)), others.length ? h("a", { href: "#tools/4" }, `All ${number(others.length + 1)} messages of a human`) : null];
}

/** @param {Summary} summary */
function cameOut({ final_answer: answer, run }) {
  if (!answer) return empty(run.live ? "No answer yet." : "No turn ended with an answer in text: see the last turns below.");
  return [h("div", { class: "boxed asked-text", tabindex: "0", role: "region", "aria-label": "Final answer" }, proseView(answer.text)), h("p", {}, turnLink(answer.turn, `from turn ${answer.turn}`))];
}

/** @param {Summary} summary */
function timeBar({ time }) {
  if (!time.seconds) return empty("The record has no times.");
  const parts = Object.entries({ model: time.model, tools: time.tool, "the agent itself": time.agent, "idle: waiting for the user": time.idle });
  const first = time.median_to_first_token;
  return [shareBar("Time", parts.map(([name, size], at) => ({ name, size, text: seconds(size), color: TIME_COLORS[at + 1].color }))), first === null ? null : h("p", {}, `First token after ${seconds(first)} (median). `, h("a", { href: "#time" }, "Waterfall"))];
}

/** @param {Turn} turn @param {Page} page */
function step(turn, { summary, threads }) {
  const thread = threads.get(turn.thread);
  const badge = (/** @type {any} */ words, state = "") => (words ? h("span", { class: `badge ${state}` }, words) : null);
  return h("li", { class: turn.is_side ? "side" : null }, h("a", { href: `#turn-${turn.number}`, "aria-label": `Turn ${turn.number}` }, turn.number),
    h("span", { class: "did" }, badge(turn.is_side ? turn.purpose : thread?.is_sub_agent && isolated(`sub-agent ${thread.agent ?? ""}`)), badge(IS.failed(turn, summary) && (turn.problem ? "error" : "tool failed"), "bad"), badge(turn.tries.length && plural(turn.tries.length, "failed try", "failed tries"), "warn"), isolated(turn.did || "no content in the answer")),
    h("span", { class: "num" }, tookWords(turn)));
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
  const own = thread.turns.map((turn) => turns[turn - 1]).filter(Boolean);
  const isSide = own.length && own.every((turn) => turn.is_side);
  return `${thread.number}: ${isSide ? `side requests: ${own[0].purpose}` : thread.is_sub_agent ? `sub-agent ${thread.agent ?? ""}` : "main thread"}`;
}

/** @param {number[]} turns */
function turnRange(turns) {
  return [turnLink(turns[0]), turns.length > 1 ? [" to ", turnLink(turns[turns.length - 1])] : null];
}

/** @param {Summary} summary */
function runFacts({ run, project, secrets, unknown, generated_at: made }) {
  const places = secrets.slice(0, 3).map(({ place }) => place).join(", ") + (secrets.length > 3 ? ` and ${secrets.length - 3} more places` : "");
  return factList([
    ["Agent", [isolated(run.agent ?? run.target ?? "unknown"), run.agent_exit_code === null ? "" : `, exit code ${run.agent_exit_code}`]],
    ["Command", run.command && h("code", {}, isolated(run.command.join(" ")))],
    ["Started", run.started && `${new Date(run.started * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`],
    ["Replay of", run.replay_of],
    ["Secrets", run.keeps_secrets ? h("b", { class: "bad" }, "kept in the record: do not share it") : secrets.length ? ["redacted: ", h("a", { href: "#network/3" }, places)] : "none found"],
    ["Not understood", unknown.length ? isolated(unknown.map(({ what, count }) => `${what} (${number(count)})`).join(", ")) : null],
    ["Record", h("code", {}, isolated(run.source))],
    ["Written by", `${project.name} ${project.version}, ${made}`],
  ]);
}
