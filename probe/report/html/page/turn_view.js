// One turn: what is new in its request, then its answer; its whole context; its exchange.

/** New messages that are rendered at once; more of them begin as folds. */
const RENDERED = 12;
const KNOWN_OF_ANSWER = ["Settings", "EventCounts", "Usage"];

addView({ name: "turn", show: (root, [, wanted, ...rest]) => showTurn(root, page.turn(Number(wanted)), ...rest) });

/** @param {HTMLElement} root @param {Turn | undefined} turn @param {string} [part] @param {string} [mode] */
async function showTurn(root, turn, part = "", mode) {
  if (!turn) return root.append(h("p.wait", page.live ? "No turn has begun yet." : "This run has no turn: no call of a model was recorded."));
  const address = `#turn-${turn.number}`;
  const parts = exchangeParts(turn.transport === "websocket");
  page.list?.select(turn.number, part === "answer" ? "" : [part, mode].filter(Boolean).join("/"));
  append(root, [turnHead(turn), turnFacts(turn), contextBar(turn), subtabs("Parts of the turn", `${address}/`, part === "answer" ? "" : part, [["", "Turn"], ["context", "Whole context"], ...parts])]);
  const body = h("div.turn-body");
  root.append(body);
  if (part === "context") await wholeContext(body, turn);
  else if (parts.some(([name]) => name === part)) await showExchange(body, turn.line, part, mode, address, turn.part);
  else await turnBody(body, turn);
  if (part === "answer") root.querySelector(".answer")?.scrollIntoView();
  // The answer of a turn that is under way comes later.
  if (turn.ended === null) page.onUpdate(() => typeof page.turns.get(turn.number)?.ended === "number" && showAddress(), root);
}

/** Return the turn with which a turn is compared: where the conversation was shortened, the one before that. @param {Turn} turn */
function comparedWith({ shortened, before }) {
  return shortened?.turn ?? before;
}

/** @param {Turn} turn */
function turnHead(turn) {
  const { number: own, line, thread: threadNumber, status } = turn;
  const thread = page.threads.get(threadNumber);
  const before = comparedWith(turn);
  const badges = notable(turn).map(badge);
  const title = "Turns are calls of a model; exchanges are all requests of the record, by their lines in traffic.jsonl";
  return [
    h("div.row", h("h2", `Turn ${own}`),
      thread?.is_sub_agent && colored("span.badge.dot", "tool_calls", "sub-agent ", isolated(thread.kind ?? thread.agent ?? "")),
      turn.is_side && h("span.badge", "side request: ", isolated(turn.purpose)),
      badges.length || status === null ? badges : h("span.badge.good", status),
      h("span.dim", isolated(turn.model ?? turn.path), ` · ${clock(turn.started)} UTC`, line !== own && [" · ", h("a", { href: `#exchange-${line}`, title }, `exchange ${line}`)]),
      h("span.space"), before !== null && h("a.button", { href: `#compare/turn-${before}/turn-${own}`, title: "What changed since the turn before (d)" }, `Compare with ${before}`),
      copyMenu([
        ["Link to this turn", async () => location.href.replace(/#.*$/, `#turn-${own}`), "Link copied."],
        ["As Markdown", () => turnMarkdown(turn)],
        ["Request as curl", async () => asCurl((await page.detail(line)).request), CURL_COPIED],
        ["Facts as JSON", async () => JSON.stringify(turn, null, 2)],
      ])),
    h("p.did", isolated(didWords(turn))),
    thread?.is_sub_agent && h("p.dim", thread.task && ["Task given by ", turnLink(thread.task.turn)], thread.report && [", report sent in ", turnLink(thread.report.turn)]),
  ];
}

/** @param {Turn} turn */
async function turnMarkdown(turn) {
  const answer = (await page.index()).turns[turn.number]?.answer ?? null;
  return `## Turn ${turn.number}\n\n${blocksMarkdown(await newBlocks(turn))}\n\n### Answer\n\n${answer === null ? "*none*" : blocksMarkdown(await page.store.json(answer))}\n`;
}

/** @param {Turn} turn */
function turnFacts(turn) {
  const { tokens, cache, longest_silence: silence, tries, first_token: first } = turn;
  const cached = tokens?.cache_read ? `${number(tokens.cache_read)} from the cache` : tokens?.cache_write && `${number(tokens.cache_write)} written to the cache`;
  return factsView(
    ["Input", `${number(tokens?.input)} tokens`, cached],
    ["Output", `${number(tokens?.output)} tokens`, tokens?.reasoning && `${number(tokens.reasoning)} reasoning`],
    ["Cost", turn.dollars !== null && dollars(turn.dollars)],
    ["Took", tookWords(turn) || "?", [first !== null && `first token after ${seconds(first - turn.started)}`, tries.length > 0 && `; ${plural(tries.length, "failed try", "failed tries")} before, since ${clock(tries[0].started)} UTC`]],
    ["Longest silence", silence && silence.seconds >= 1 && seconds(silence.seconds)],
    ["Stopped by", (turn.stop_word ?? turn.stop)?.replace("tool_use", "tool call")],
    ["Cache missed", cache?.reason && `${number(cache.missed)} tokens`, `of ${number(cache?.expected)} sent before`],
    ["Answered by", turn.answered_by !== turn.model && turn.answered_by],
  );
}

/** @param {Turn} turn */
function contextBar({ number: own, context, context_tokens: estimated }) {
  const parts = KINDS.flatMap(([kind, name]) => (context[kind] ? { name, color: `--k-${kind}`, size: context[kind], text: estimated ? `${estimate(estimated[kind] ?? 0)} tokens` : bytes(context[kind]) } : []));
  return parts.length ? h("a.context-link", { href: `#context/turn-${own}`, title: "What the context consists of; tokens of its parts are estimates" }, shareBar("Request", parts)) : null;
}

/** Return the items that a turn sent and the one before it did not. @param {Turn} turn */
async function newItems(turn) {
  const { items } = await page.index();
  const before = new Set(turn.before === null ? [] : (await page.items(turn.before)).map((item) => items[item].canonical));
  return (await page.items(turn.number)).filter((item) => !before.has(items[item].canonical));
}

/** @param {Turn} turn @returns {Promise<Block[]>} */
async function newBlocks(turn) {
  const { items } = await page.index();
  const messages = (await newItems(turn)).filter((item) => items[item].kind === "message");
  return (await Promise.all(messages.map((item) => page.store.json(items[item].blocks)))).flat();
}

/** @param {HTMLElement} root @param {Turn} turn */
async function turnBody(root, turn) {
  const { items, turns } = await page.index();
  const fresh = await newItems(turn);
  const { answer = null, notes = null, echoes = null } = turns[turn.number] ?? {};
  append(root, [sectionHead("New in this request", newWords(turn)), await notableWords(turn), notes === null ? null : renderBlocks(await page.store.json(notes), {})]);
  await showNewMessages(root, turn, fresh.filter((item) => items[item].kind === "message"));
  for (const [kind, noun] of [["instructions", "part of the instructions"], ["tool", "tool"], ["setting", "setting"]]) {
    const found = fresh.filter((item) => items[item].kind === kind);
    const names = found.slice(0, 20).map((item) => items[item].name).filter(Boolean).join(", ");
    if (found.length) root.append(fold([plural(found.length, noun, noun.replace(/( of|$)/, "s$1")), turn.before === null ? " " : " new or changed ", h("small", isolated(names))], () => itemList(found)));
  }
  root.append(h("div.answer", sectionHead("Answer", "")));
  if (answer === null) root.append(remark(turn.problem ?? (turn.ended === null && page.live ? "The answer has not arrived yet." : "No answer was recorded.")));
  else {
    const isKnown = (/** @type {Block} */ { block }) => KNOWN_OF_ANSWER.includes(block);
    const blocks = /** @type {Block[]} */ (await page.store.json(answer));
    const context = { role: "assistant", result: (/** @type {string} */ id) => resultOf(turn, id) };
    append(root, [renderBlocks(blocks.filter((block) => !isKnown(block)), context), h("div.about", renderBlocks(blocks.filter(isKnown), context))]);
  }
  if (echoes !== null && echoes !== turns[turn.before ?? 0]?.echoes) root.append(fold("What the answer repeats otherwise than it was sent", async () => renderBlocks(await page.store.json(echoes), {})));
}

/** @param {string} title @param {any} about */
function sectionHead(title, about) {
  return h("div.section", h("h3", title), h("span.dim", about));
}

/** @param {Turn} turn */
function newWords({ new: fresh, before }) {
  if (before === null) return "the first request of its thread";
  const words = [
    fresh.messages ? plural(fresh.messages, "message") : "no new message",
    fresh.instructions ? "new instructions" : "",
    fresh.tools ? `${plural(fresh.tools, "tool")} new or changed` : "",
    fresh.settings ? plural(fresh.settings, "setting") : "",
    fresh.dropped ? `${number(fresh.dropped)} dropped` : "",
  ];
  return [words.filter(Boolean).join(", "), ", compared with ", turnLink(before)];
}

/** Return what is worth a look in a turn, with links to where it is. @param {Turn} turn */
async function notableWords(turn) {
  const change = turn.cache?.reason ? turn.cache.first_change : null;
  const item = change ? (await page.items(turn.number))[change.place] : undefined;
  const links = /** @type {Record<string, any>} */ ({
    retried: turn.tries.map(({ line, started }) => [" ", h("a", { href: `#exchange-${line}` }, `try of ${clock(started)} UTC`)]),
    cache_miss: item === undefined ? null : [" ", h("a", { href: `#item-${item}` }, "the first item that differs")],
  });
  return notable(turn).map(({ name, kind, words, about }) => h(`p.remark.${kind}`, isolated(words), about && about !== words ? [": ", isolated(about.replace(/^(\d{3}): /, "$1 "))] : null, links[name]));
}

/** Show new messages: what was never sent before in full, the rest as folds. @param {HTMLElement} root @param {Turn} turn @param {number[]} messages */
async function showNewMessages(root, turn, messages) {
  const { items } = await page.index();
  const first = await page.firstTurns();
  const mark = (/** @type {number} */ item) => {
    if (first[item] < turn.number) return `first in turn ${first[item]}`;
    return turn.before !== null && !turn.shortened && ["assistant", "reasoning", "tool_calls"].includes(itemKind(items[item])) ? `the answer of turn ${turn.before}` : null;
  };
  const early = new Set(messages.slice(0, -RENDERED));
  for (let at = 0; at < messages.length; at += 1) {
    const start = at;
    while (at < messages.length && (early.has(messages[at]) || mark(messages[at]))) at += 1;
    if (at > start) root.append(await itemList(messages.slice(start, at), mark));
    if (at < messages.length) root.append(h("div.new-message", h("div", await itemBlocks(items[messages[at]], false)), itemLink(messages[at])));
  }
}

/** @param {Turn} turn @param {string} callId */
async function resultOf(turn, callId) {
  const called = turn.tool_calls.find((one) => one.call_id === callId)?.result_turn;
  const following = called ?? page.summary.turns.find((other) => other.before === turn.number && !other.is_side)?.number;
  if (!following) return null;
  const blocks = (await newBlocks(page.turn(following))).flatMap((block) => [block, ...(block.content ?? [])]);
  const block = blocks.find((one) => one.block === "ToolResult" && one.call_id === callId);
  return block ? { block, turn: following } : null;
}

/** @param {HTMLElement} root @param {Turn} turn */
async function wholeContext(root, turn) {
  const { items } = await page.index();
  const [all, fresh] = [await page.items(turn.number), new Set(await newItems(turn))];
  if (!all.length) root.append(remark("No item of the request could be read."));
  for (const [kind, title] of [["instructions", "Instructions"], ["message", "Messages"], ["tool", "Tools"], ["setting", "Settings"]]) {
    const found = all.filter((item) => items[item].kind === kind);
    if (found.length) append(root, [sectionHead(title, number(found.length)), await itemList(found, (item, at) => `#${at + 1}${turn.before !== null && fresh.has(item) ? " new" : ""}`)]);
  }
}
