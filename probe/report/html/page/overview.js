// The run at a glance: what was asked, what came out, what went wrong, what it cost, who took part, and whether the record is proved.

addView({ name: "overview", tab: "Overview", key: "o", show: showOverview });

/** Steps that are listed before a reader asks for more. */
const FIRST_STEPS = 30;

/** @param {HTMLElement} root @param {string[]} _path @param {Page} page */
function showOverview(root, _path, page) {
  const fill = () => root.replaceChildren(...overview(page));
  fill();
  page.onUpdate(fill, root);
}

/** @param {Page} page @returns {HTMLElement[]} */
function overview(page) {
  const { summary } = page;
  return [
    problems(summary),
    h("div", { class: "cards" }, costCard(summary), tokenCard(summary), workCard(summary), proofCard(page)),
    h("div", { class: "asked" }, asked(page), cameOut(page)),
    section("Where the time went", timeBar(summary)),
    section("What it did", steps(page)),
    section("Who took part", participants(page)),
    ...(summary.notes.length ? [section("Notes", h("ul", {}, summary.notes.map((note) => h("li", {}, isolated(note)))))] : []),
    section("This run", runFacts(page)),
  ];
}

/** @param {Summary} summary */
function problems(summary) {
  const found = summary.problems;
  if (!found.length) return h("p", { class: "verdict good" }, summary.run.live ? "No problem so far." : "No problems were found.");
  const list = h("ul", {}, found.map((problem) => h("li", {}, isolated(problem))));
  return h("section", { class: "verdict bad" }, h("h2", {}, plural(found.length, "problem")), list);
}

/** @param {string} title @param {string} href @param {any} value @param {...any} words */
function card(title, href, value, ...words) {
  return h("section", { class: "card" }, h("h2", {}, h("a", { href }, title)), h("p", { class: "value" }, value), words.filter(Boolean).map((word) => (word instanceof Node ? word : h("p", {}, word))));
}

/** @param {Summary} summary */
function costCard({ cost }) {
  const known = cost.dollars !== null;
  const value = known ? `${cost.at_least ? "at least " : ""}${dollars(cost.dollars)}` : "unknown";
  const kind = known ? (cost.paid ? "as the API reported it" : "by list prices") : null;
  return card("Cost", "#cost", value, kind, ...cost.reasons.slice(0, 2));
}

/** @param {Summary} summary */
function tokenCard({ tokens }) {
  if (tokens.total === null && tokens.input === null && tokens.output === null) return card("Tokens", "#cost", "unknown", "No answer reported its usage.");
  const parts = [`${number(tokens.input)} in, ${number(tokens.output)} out`];
  if (tokens.cache_read !== null) parts.push(`${number(tokens.cache_read)} of the input read from the cache`);
  return card("Tokens", "#cost", number(tokens.total), ...parts);
}

/** @param {Summary} summary */
function workCard({ counts, time, models }) {
  const extra = [
    counts.side_requests ? plural(counts.side_requests, "side request") : "",
    counts.sub_agents ? plural(counts.sub_agents, "sub-agent") : "",
    counts.failed_tries ? plural(counts.failed_tries, "failed try", "failed tries") : "",
  ].filter(Boolean).join(", ");
  const names = [...new Set(models.map((model) => model.model ?? "a model that is not named"))];
  return card("Work", "#time", `${plural(counts.turns, "turn")} in ${seconds(time.seconds)}`, extra, names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : ""));
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
function proofInWords({ proof, run }) {
  if (proof.matches === false) return ["bad", "changed since it was recorded"];
  if (proof.seen !== null && proof.written !== null && proof.seen !== proof.written && !run.live) return ["bad", `${number(proof.seen - proof.written)} exchanges lost`];
  if (proof.matches) return ["good", "as it was recorded"];
  return ["warn", run.live ? "still being recorded" : "nothing to compare with"];
}

/** Return a button that hashes every body in this page. @param {Page} page */
function proofButton(page) {
  const result = h("p", { role: "status", class: "proof-result" });
  const button = h("button", { type: "button" }, "Check every body in this page");
  button.addEventListener("click", async () => {
    button.setAttribute("disabled", "");
    try {
      const found = await proveAll(page, (done, all) => (result.textContent = `${number(done)} of ${number(all)} checked …`));
      result.replaceChildren();
      append(result, proofResult(found));
    } catch (error) {
      result.textContent = `The check could not be made: ${/** @type {Error} */ (error).message}`;
    }
    button.removeAttribute("disabled");
  });
  return h("div", {}, button, result);
}

/** Return the result of that check. @param {Awaited<ReturnType<typeof proveAll>>} found */
function proofResult({ proved, redacted, unproved, wrong }) {
  const counts = /** @type {[number, string][]} */ ([[proved, "as they crossed the wire"], [redacted, "as recorded, with secrets redacted"], [unproved, "without a hash to compare with"]]);
  const good = h("span", { class: wrong.length ? "bad" : "good" }, wrong.length ? `${plural(wrong.length, "body", "bodies")} differ: ` : "✓ All that can be checked is right: ");
  return [good, ...lineLinks(wrong.map(({ line }) => line)), wrong.length ? "; " : "", counts.filter(([count]) => count).map(([count, words]) => `${number(count)} ${words}`).join(", ")];
}

/** @param {Page} page */
function asked(page) {
  const { prompt } = page.summary.run;
  const body = h("div", { class: "boxed asked-text", tabindex: "0", role: "region", "aria-label": "Prompt" });
  if (prompt !== null) body.append(textView(prompt));
  else {
    body.append(h("p", { class: "wait" }, "Reading what was typed …"));
    typed(page).then((texts) => body.replaceChildren(...texts), (error) => body.replaceChildren(empty(error.message)));
  }
  return section("Asked", body);
}

/** Return what a human typed, where the prompt was not given to this program. @param {Page} page */
async function typed(page) {
  const index = await page.index();
  const first = firstTurns(index, page.summary.turns.filter((turn) => !turn.is_side).map((turn) => turn.number));
  const places = index.items.flatMap((item, place) => (first[place] && item.origins.includes("human") ? [place] : [])).sort((one, other) => first[one] - first[other]);
  if (!places.length) return [empty("The prompt was not given to this program, and no text of a human was found in the requests.")];
  const { origins, blocks } = index.items[places[0]];
  const texts = textsIn(await page.store.json(blocks)).filter((_, at) => origins[at] === "human");
  const more = places.length > 1 ? h("p", {}, h("a", { href: "#tools/human" }, `All ${number(places.length)} messages of a human`)) : null;
  return [...texts.map((text) => textView(text)), ...(more ? [more] : [])];
}

/** @param {Page} page */
function cameOut({ summary }) {
  const answer = summary.final_answer;
  if (!answer) return section("Came out", empty(summary.run.live ? "No answer yet." : "No turn ended with an answer in text: see the last turns below."));
  const prose = h("div", { class: "boxed asked-text", tabindex: "0", role: "region", "aria-label": "Final answer" }, proseView(answer.text));
  return section("Came out", prose, h("p", {}, turnLink(answer.turn, `from turn ${answer.turn}`)));
}

/** @param {Summary} summary */
function timeBar({ time }) {
  if (!time.seconds) return empty("Nothing took any time: no turn was recorded.");
  /** @type {[string, string, number][]} */
  const kinds = [["model", "--t-model", time.model], ["tools", "--t-tool", time.tool], ["the agent itself", "--t-agent", time.agent], ["idle: waiting for the user", "--t-idle", time.idle]];
  const first = time.median_to_first_token;
  return [
    shareBar("Time", kinds.map(([name, color, value]) => ({ name, color, value, text: seconds(value) }))),
    first === null ? null : h("p", {}, `First token after ${seconds(first)} (median). `, h("a", { href: "#time" }, "Waterfall")),
  ];
}

/** @param {Page} page */
function steps({ summary }) {
  if (!summary.turns.length) return empty("No call of a model was recorded. ", h("a", { href: "#network" }, "What was exchanged"));
  const list = h("ol", { class: "steps" });
  const more = h("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = () => {
    const next = summary.turns.slice(shown, shown + (shown ? 500 : FIRST_STEPS));
    append(list, next.map((turn) => step(turn, summary)));
    shown += next.length;
    more.hidden = shown >= summary.turns.length;
    more.textContent = `Show ${number(Math.min(500, summary.turns.length - shown))} more of ${plural(summary.turns.length, "turn")}`;
  };
  more.addEventListener("click", grow);
  grow();
  return [list, more];
}

/** @param {Turn} turn @param {Summary} summary */
function step(turn, summary) {
  const thread = threadOf(turn, summary);
  const who = turn.is_side ? turn.purpose : thread?.is_sub_agent ? `sub-agent${thread.agent ? ` ${thread.agent}` : ""}` : "";
  const failed = IS.failed(turn, summary);
  return h(
    "li", { class: turn.is_side ? "side" : null },
    h("a", { href: `#turn-${turn.number}`, "aria-label": `Turn ${turn.number}` }, turn.number),
    h("span", { class: "did" }, who ? h("span", { class: "badge" }, who) : null, failed ? h("span", { class: "badge bad" }, turn.problem ? "error" : "failed") : null,
      turn.tries.length ? h("span", { class: "badge warn" }, plural(turn.tries.length, "failed try", "failed tries")) : null, isolated(turn.did || "no content in the answer")),
    h("span", { class: "num" }, turn.ended === null ? "unfinished" : seconds(turn.ended - turn.started)),
  );
}

/** @param {Page} page */
function participants({ summary }) {
  if (!summary.threads.length) return empty("Nobody: no call of a model was recorded.");
  const several = summary.sessions.length > 1;
  const head = ["who", ...(several ? ["#session"] : []), "started by", "turns", "#count", "#prompts"];
  return longTable("Threads of the conversation", head, summary.threads, (thread) => [
    threadName(thread, summary),
    ...(several ? [thread.session] : []),
    thread.parent === null ? "the user" : threadName(summary.threads.find((one) => one.number === thread.parent) ?? thread, summary),
    turnRange(thread.turns),
    number(thread.turns.length),
    number(thread.prompts),
  ], 20);
}

/** Return what a thread is called. @param {Thread} thread @param {Summary} summary */
function threadName(thread, summary) {
  const first = summary.turns.find((turn) => turn.number === thread.turns[0]);
  const side = first?.is_side && thread.turns.every((turn) => summary.turns[turn - 1]?.is_side ?? true);
  const kind = side ? `side requests: ${first.purpose}` : thread.is_sub_agent ? "sub-agent" : "main thread";
  return `${thread.number}: ${thread.agent && !side ? `${kind} ${thread.agent}` : kind}`;
}

/** @param {number[]} turns */
function turnRange(turns) {
  const [first, last] = [turns[0], turns[turns.length - 1]];
  return first === undefined ? "none" : first === last ? turnLink(first) : [turnLink(first), " to ", turnLink(last)];
}

/** @param {Page} page */
function runFacts({ summary }) {
  const { run, project } = summary;
  return factList([
    ["Agent", [run.agent ?? run.target ?? "unknown", run.agent_exit_code === null ? "" : `, exit code ${run.agent_exit_code}`]],
    ["Command", run.command ? h("code", {}, run.command.join(" ")) : null],
    ["Started", run.started === null ? null : `${new Date(run.started * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`],
    ["Replay of", run.replay_of],
    ["Secrets", run.keeps_secrets ? h("b", { class: "bad" }, "kept in the record: do not share it") : summary.secrets.length ? ["redacted: ", h("a", { href: "#network" }, summary.secrets.slice(0, 3).map(({ place }) => place).join(", "), summary.secrets.length > 3 ? ` and ${summary.secrets.length - 3} more places` : "")] : "none found"],
    ["Not understood", summary.unknown.length ? summary.unknown.map(({ what, count }) => `${what} (${number(count)})`).join(", ") : null],
    ["Record", h("code", {}, run.source)],
    ["Written by", `${project.name} ${project.version}, ${summary.generated_at}`],
  ]);
}
