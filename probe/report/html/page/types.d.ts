// What the page is made of. `summary.json` (probe/report/summary.py) has every number; the index and the details
// (probe/report/html/page_data.py) lead to the content. Times are epoch seconds, sizes are bytes.

interface Summary {
  schema: number;
  project: { name: string; version: string };
  generated_at: string;
  run: RunFacts;
  problems: string[];
  notes: string[];
  final_answer: { text: string; turn: number } | null;
  counts: Counts;
  cost: Cost;
  tokens: Tokens;
  models: ModelTotal[];
  time: TimeSpent;
  sessions: { id: string | null; threads: number[] }[];
  threads: Thread[];
  turns: Turn[];
  exchanges: ExchangeFacts[];
  prompt: PromptPart[];
  tools: ToolFacts[];
  injected: { what: string; count: number; bytes: number; first_turn: number }[];
  hosts: Hosts;
  observer_changes: { what: string; why: string }[];
  secrets: { place: string; count: number; different: number; lines: number[] }[];
  unknown: { what: string; count: number }[];
  proof: Proof;
}

interface RunFacts {
  title: string;
  source: string;
  target: string | null;
  name: string | null;
  agent: string | null;
  command: string[] | null;
  prompt: string | null;
  replay_of: string | null;
  agent_exit_code: number | null;
  keeps_secrets: boolean;
  live: boolean;
  started: number | null;
  ended: number | null;
}

interface Counts {
  exchanges: number;
  turns: number;
  side_requests: number;
  failed_tries: number;
  sessions: number;
  threads: number;
  sub_agents: number;
  websocket_messages: number;
  request_bytes: number;
  response_bytes: number;
  cut_short: number;
  redactions: number;
  malformed_lines: number;
}

interface Cost {
  dollars: number | null;
  at_least: boolean;
  paid: boolean;
  unpriced_turns: number;
  reasons: string[];
  sources: string[];
}

/** A count that no API reported is null. Input includes the cache, output the reasoning. */
interface Tokens {
  input: number | null;
  output: number | null;
  cache_read: number | null;
  cache_write: number | null;
  reasoning: number | null;
  total: number | null;
}

interface ModelTotal {
  model: string | null;
  side: boolean;
  turns: number;
  tokens: Tokens;
  dollars: number | null;
}

interface TimeSpent {
  seconds: number;
  model: number;
  tool: number;
  agent: number;
  idle: number;
  median_to_first_token: number | null;
}

interface Thread {
  number: number;
  session: number;
  id: string | null;
  agent: string | null;
  parent: number | null;
  is_sub_agent: boolean;
  /** What kind of sub-agent the call that started it names. */
  kind: string | null;
  /** What a sub-agent was asked for, and the turn that asked; what it said last. */
  task: { text: string; turn: number } | null;
  report: { text: string; turn: number } | null;
  prompts: number;
  tokens: Tokens;
  dollars: number | null;
  seconds: number;
  turns: number[];
}

/** Bytes, or estimated tokens, of a turn's request by what they are. */
type Context = Partial<Record<ContextKind, number>>;
type ContextKind =
  | "instructions" | "tools" | "user" | "task" | "injected" | "assistant" | "reasoning"
  | "tool_calls" | "tool_results" | "media" | "settings" | "other";

interface Turn {
  /** As in report.md: turns in the order in which they started, from 1; failed tries are in `tries`. */
  number: number;
  line: number;
  part: number | null;
  thread: number;
  purpose: string;
  is_side: boolean;
  prompt: number | null;
  /** The turn that its request goes on from, or is compared with; null for the first. */
  before: number | null;
  transport: "http" | "websocket";
  listener: string | null;
  path: string;
  api: string;
  started: number;
  first_token: number | null;
  ended: number | null;
  longest_silence: { seconds: number; at: number } | null;
  status: number | null;
  complete: boolean;
  model: string | null;
  answered_by: string | null;
  response_id: string | null;
  stop: string | null;
  stop_word: string | null;
  problem: string | null;
  incomplete: string | null;
  /** What it did in one line of plain text. */
  did: string;
  text: string;
  tool_calls: { name: string; argument: string; call_id: string | null; agent: string | null; failed: boolean | null; result_turn: number | null }[];
  more_tool_calls: number;
  tokens: Tokens | null;
  dollars: number | null;
  context: Context;
  context_tokens: Context | null;
  /** How many items of each kind are not in the turn before. */
  new: { instructions: number; tools: number; messages: number; settings: number; dropped: number };
  cache: CacheFacts | null;
  /** Where at least half of the messages of the thread's turn before are gone (compaction). */
  shortened: { turn: number; messages: number } | null;
  tries: FailedTry[];
}

interface FailedTry {
  line: number;
  part: number | null;
  started: number;
  ended: number | null;
  status: number | null;
  problem: string;
}

interface CacheFacts {
  /** Number of the turn before: the last of the work in its thread, or what a side request goes on from. */
  before: number;
  /** Input tokens that the turn before sent, which could have been read. */
  expected: number;
  read: number;
  missed: number;
  /** Null where nothing notable was missed. */
  cause: "model" | "tools" | "instructions" | "messages" | "settings" | "not cached" | "time" | "unknown" | null;
  /** The same in words, as plain text. */
  reason: string | null;
  /**
   * The first item that differs from the turn before, in the order tools, instructions, messages: its kind, its place
   * among the items of its request and `among` those of its kind, from 0; dropped where the request ends before it.
   */
  first_change: { kind: string; place: number; among: number; dropped: boolean } | null;
}

interface ExchangeFacts {
  line: number;
  id: string | null;
  listener: string | null;
  method: string;
  url: string;
  status: number | null;
  started: number;
  ended: number;
  complete: boolean;
  error: string | null;
  sent: number;
  received: number;
  turns: number[];
  websocket_messages: number | null;
  redactions: number;
}

interface PromptPart {
  part: string;
  turn: number;
  bytes: number;
  /** Of the bytes of the request. */
  share: number;
  tokens: number | null;
  fixed_bytes: number;
  slots: { slot: string; count: number; bytes: number; example: string }[];
}

interface ToolFacts {
  name: string;
  /** Turns that offered it, and the first of them. */
  offered: number;
  first_turn: number | null;
  calls: number;
  failed: number;
  /** Of its newest definition. */
  bytes: number;
}

interface Hosts {
  watched: boolean | null;
  captured: string[];
  not_reached: string[];
  only_seen: string[];
  also_seen: string[];
  in_words: string;
  hosts: { name: string; captured: boolean; listeners: string[]; requests: number; sent: number; received: number; unreached: number }[];
}

interface Proof {
  /** What `verify` would check of the file itself; null where nothing is known to compare with. */
  traffic_sha256: string | null;
  manifest_sha256: string | null;
  matches: boolean | null;
  seen: number | null;
  written: number | null;
  bodies: number;
  bodies_with_hash: number;
}

// -- the index: loaded after the first paint ------------------------------------------------------------------------

interface Index {
  /** Length of each piece of content, in bytes, without its holes. */
  pieces: number[];
  /** Pieces of which texts are kept as other pieces: the number of the piece, then the place and the piece of each. */
  holes: number[][];
  /** Numbers of the pieces in each chunk, in their order; empty where pieces are fetched one by one. */
  chunks: Ranges[];
  /** What each chunk holds: items 0, answers 1, bodies 2, details 3, long texts of base64 4. */
  lanes: number[];
  items: ItemFacts[];
  /** By number of the turn, as texts: JSON has no other keys. */
  turns: Record<string, TurnContent>;
  /** Piece with the ExchangeDetail of each exchange, in the order of `summary.exchanges`. */
  details: number[];
  /** Number of the first piece that came with each exchange, in the same order, and the exchange's line. */
  begins: number[];
  lines: number[];
}

interface ItemFacts {
  kind: "setting" | "instructions" | "tool" | "message";
  name: string;
  role: string | null;
  api: string;
  /** Bytes of its JSON, by what they are. */
  context: Context;
  /** Who wrote each text of a user's message: human, injected (by the agent's harness), model (a sub-agent's task). */
  origins: string[];
  size: number;
  sha256: string;
  beginning: string;
  /** Number of the first item that is the same but for what moves from call to call: marks of the cache. */
  canonical: number;
  /** Piece with its JSON as it was sent, and piece with its blocks. */
  raw: number;
  blocks: number;
}

/** Numbers as ranges: [first, last] pairs, flat. */
type Ranges = number[];

interface TurnContent {
  /** Numbers of its items in the order for a reader. */
  items: Ranges;
  /** Piece with the blocks of the answer, and of remarks about the request; null where there are none. */
  answer: number | null;
  notes: number | null;
  /** Piece with the blocks of what the answer repeats of the request, but not as it was sent. */
  echoes: number | null;
}

/**
 * Bytes of a body: numbers of pieces, and texts between them. A run is many items, or pieces, with the same text
 * between any two: a conversation that is sent again is one run.
 */
type Recipe = (number | string | RecipeRun)[];
type RecipeRun = { by: string; items: Ranges } | { by: string; pieces: Ranges };

interface Payload {
  headers: Record<string, string | string[]>;
  kind: string | null;
  body: Recipe;
  size: number | null;
  sha256: string | null;
  stored_sha256: string | null;
  wire_size: number | null;
  redactions: number;
  lost: number;
  decode_error: string | null;
  /** When the pieces of a streamed body arrived, in seconds after the exchange began, and the byte at which each begins. */
  pieces: [number, number][];
  started: number | null;
  ended: number | null;
  http_version: string | null;
  trailers: Record<string, string | string[]> | null;
}

interface ExchangeDetail {
  line: number;
  request: Payload & { method: string; url: string };
  response: (Payload & { status_code: number; reason: string | null; interim: object[] }) | null;
  /** Blocks of a request or an answer that is no call of the model, and of a failed call's answer: pieces. */
  request_blocks: number | null;
  response_blocks: number | null;
  websocket: {
    /** `at` is in seconds after the exchange began. */
    messages: { at: number; direction: "client" | "server"; type: string; body: Recipe; size: number | null; sha256: string | null; stored_sha256: string | null; redactions: number }[];
    close_code: number | null;
    close_reason: string | null;
    closed_by: string | null;
    ended: number | null;
    lost: number;
  } | null;
  error: string | null;
}

/** A block of probe/renderers/blocks.py; `block` is its class's name. */
interface Block {
  block: string;
  [name: string]: any;
}

// -- a run while it is being recorded: what the server sends (probe/live/updates.py) ---------------------------------

interface Update {
  /** True where the page is to forget what it had. */
  whole: boolean;
  ended: boolean;
  /** Members of the summary and of the index, by their paths (`summary.cost`); null where none has changed. */
  head: Record<string, any> | null;
  /** Their lists: how long each is now, and its new and changed values by place. */
  lists: Record<string, { length: number; values: Record<string, any> }>;
  /** Ids of the exchanges under way, in the order in which they began. */
  open: string[];
  /** Those of them that have changed. */
  now: InFlight[];
}

/** An exchange under way, redacted. */
interface InFlight {
  id: string;
  listener: string | null;
  method: string;
  url: string;
  status: number | null;
  model: string | null;
  /** When the request began, or the agent's last message over a WebSocket. */
  started: number;
  /** When the first bytes of the answer came; null before. */
  first: number | null;
  last: number;
  sent: number;
  received: number;
  events: number;
  /** The end of each text that the model streams, with its length so far. */
  texts: { name: string; text: string; length: number }[];
}

// -- what the page's own code passes around -------------------------------------------------------------------------

/** Where pieces come from. */
interface Contents {
  index: () => Promise<Index>;
  pieces: (numbers: Set<number>) => Promise<Pieces>;
  /** All content; what a reader means most often comes first. */
  chunks: (index: Index) => AsyncGenerator<ContentChunk>;
}

type Pieces = Map<number, Uint8Array<ArrayBuffer>>;

/** Pieces in a row, perhaps compressed, and their numbers. */
interface ContentChunk {
  data: Uint8Array<ArrayBuffer>;
  packed: boolean;
  pieces: number[];
}

/** A chunk, the numbers of its pieces, -1 for those that are not searched, where they end, and what is searched for. */
interface SearchedChunk {
  data: Uint8Array<ArrayBuffer>;
  packed: boolean;
  numbers: Int32Array;
  ends: Uint32Array;
  needles: string[];
}

type Proved = Pick<Payload, "body" | "size" | "sha256" | "stored_sha256" | "redactions">;
type ProofOf = { state: "proved" | "redacted" | "unproved" | "wrong"; text: string };

type FoundPiece = { piece: number; excerpt: string };

/** An exchange by its line. */
type Owner = { kind: "item" | "turn" | "exchange"; number: number };
type SearchHit = FoundPiece & { owner: Owner };

interface View {
  /** First word of its addresses: `context`, `turn`. */
  name: string;
  /** Label of its tab; without one it has none. */
  tab?: string;
  /** Key that opens it after `g`. */
  key?: string;
  /** Fills an empty element; `path` has the parts of the address as `addressParts` returns them. */
  show: (root: HTMLElement, path: string[], page: Page) => any;
}

interface BlockContext {
  /** Who speaks: decides what is Markdown. */
  role?: string | null;
  /** Who wrote each text of a user's message; taken from as texts are shown. */
  origins?: string[];
  /** The JSON that the blocks are of: it has the images. */
  raw?: () => Promise<any>;
  /** Images that were passed. */
  images?: { next: number };
  /** The result of a tool call. */
  result?: (callId: string) => Promise<{ block: Block; turn: number } | null>;
  /** Nothing is clipped. */
  whole?: boolean;
}

interface StreamEvent {
  /** Its event name, or the type in its data. */
  kind: string;
  /** Seconds after the exchange began. */
  at: number | null;
  size: number;
  data: () => string;
}

/** An event of a stream, or a message, in a list of them. */
interface ListedEvent {
  kind: string;
  at: number | null;
  size: number | null;
  data: () => string | Promise<string>;
  /** What is above its data when it is chosen. */
  about?: () => any;
}

/** A way in which a body can be shown: its name in addresses, its label, and what makes it. */
type BodyMode = [name: string, label: string, make: () => any];

interface ListRow {
  turn: Turn;
  /** A divider before the first turn that answers a prompt. */
  isPrompt: boolean;
  lane: number;
  /** Lanes that come from the row above, and that go on below, as bits. */
  above: number;
  below: number;
  /** Lane of the parent, where a sub-agent begins. */
  from: number | undefined;
}

/** Something of a turn that is worth a look: the name of its filter, few words, and more. */
interface Notable {
  name: string;
  kind: "bad" | "warn";
  words: string;
  about: string;
}

/** A number that may not be known. */
type Known = number | null | undefined;
type Attributes = Record<string, any>;
type PartName = [name: string, label: string];

/** Titles of the sections of a view, and what is in them. */
type Parts = Record<string, (page: Page) => any>;

/** Its colour is the name of a CSS variable. */
interface Part {
  name: string;
  color: string;
  size?: number;
  text?: string;
}

/** A number in a table, by which its column is sorted, and how it is written. */
interface Amount {
  amount: number | null;
  text: string;
}

/** A chart of stacked columns, one for each turn. */
interface ColumnsChart {
  /** What it shows. */
  label: string;
  turns: Turn[];
  /** Parts of a column from the bottom up, and the sizes of a turn in their order. */
  parts: Part[];
  sizes: (turn: Turn) => number[];
  /** Writes a number of the axis. */
  format: (value: number) => string;
  words: (turn: Turn) => string[];
  /** What is before the number of a turn in the address that a column leads to. */
  link?: string;
  chosen?: Turn;
  /** Whether a column has a mark above it. */
  mark?: (turn: Turn) => boolean;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Cell {
  name: string;
  size: number;
  text: string;
  href?: string;
}

/** What a filter says of a turn, and of an item or an exchange where it is about these. */
interface Tests {
  turn: (turn: Turn, summary: Summary) => boolean;
  item?: (item: ItemFacts) => boolean;
  exchange?: (exchange: ExchangeFacts) => boolean;
}

/** What a filter of numbers compares. */
interface Numbers {
  turn: (turn: Turn) => (number | null | undefined)[];
  exchange?: (exchange: ExchangeFacts) => (number | null)[];
  item?: (item: ItemFacts) => number[];
}

/** How a filter is written, the values there are, and the tests for a value; null for one that cannot be read. */
interface Filter {
  help: string;
  values?: (summary: Summary) => string[];
  make: (value: string) => Tests | null;
}

interface Query {
  /** What is searched for besides the filters. */
  text: string;
  filters: (Tests & { not: boolean })[];
  errors: string[];
}

type SharedRun = [inFirst: number, inSecond: number, length: number];

interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
  /** Parts of a changed line, and whether each differs. */
  parts?: [string, boolean][];
}

type Steps = { steps: number; exact: boolean };
