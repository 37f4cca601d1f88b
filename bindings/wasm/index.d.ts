/** Rule files and lists by path, as `use` and `list .. from` name them. */
export interface Rules {
  files: Record<string, string>;
  /** The file whose rules are meant; not needed where there is one `.lsr` file. */
  entry?: string;
  /** Values of params, as rules write them. */
  set?: Record<string, string>;
}

/** A place in a text. `from` and `to` count UTF-16 code units from the start of the file, as JavaScript does. */
export interface Place {
  file: string;
  from: number;
  to: number;
  /** From 1. */
  line: number;
  /** From 1, in characters. */
  column: number;
}

export interface Edit {
  file: string;
  from: number;
  to: number;
  text: string;
}

export interface Fix {
  message: string;
  /** Whether the fix keeps what the rules compute. */
  safe: boolean;
  edits: Edit[];
}

export interface Finding extends Place {
  /** `LSR0201` */
  code: string;
  /** `unknown-name` */
  name: string;
  severity: 'error' | 'warning';
  message: string;
  help: string | null;
  notes: string[];
  labels: (Place & { message: string })[];
  fixes: Fix[];
}

export interface Check {
  version: 1;
  findings: Finding[];
  summary: { errors: number; warnings: number; files: number };
  programs: { entry: string; sound: boolean; tests: number | null }[];
}

export interface Fixed {
  /** The files that change, with their new texts. */
  files: Record<string, string>;
  fixes: number;
  left: { errors: number; warnings: number; files: number };
}

export interface Property {
  name: string;
  type: string;
  options: string[] | null;
  several: boolean;
  /** The headers or JSON names under which data have it; its own name is always one. */
  from: string[];
  required: boolean;
  docs: string;
}

export interface Param extends Place {
  name: string;
  kind: 'number' | 'text' | 'date' | 'datetime' | 'other';
  value: number | string | null;
  docs: string;
}

export interface Model {
  schema: string;
  zone: string;
  key: string | null;
  properties: Property[];
  events: { name: string; by: string | null; fields: Property[] }[];
  related: { name: string; of_rules: boolean; properties: { name: string; type: string }[] }[];
  params: Param[];
  scores: string[];
  labels: string[];
  lifecycles: { name: string; stages: string[] }[];
  tests: (Place & { name: string })[];
}

export interface Ranges {
  scores: { name: string; min: number | null; max: number | null; exact: boolean }[];
  lines: string[];
  /** Records that reach the ends. */
  witnesses: Record<string, unknown>[];
}

export interface Tests {
  passed: number;
  failed: number;
  programs_with_errors: number;
  tests: (Place & {
    name: string;
    passed: boolean;
    /** Whether the test has a table of cases, which is not read here. */
    table: boolean;
    failures: (Place & { expected: string; got: string[] })[];
  })[];
}

export interface Content {
  /** CSV, a JSON list or JSON Lines. */
  text: string;
  format?: 'csv' | 'json' | 'jsonl';
  /** What messages call it. */
  name?: string;
}

export interface Records extends Rules {
  /** A date or a date-time; the present moment otherwise. */
  as_of?: string;
  data: Content;
  /** Events from files of their own, by list. */
  events?: Record<string, Content>;
  /** Related records from files of their own. */
  related?: Record<string, Content>;
  /** Properties, events and related records that the data may lack, or `all`. */
  allow_missing?: string[];
}

export interface Scored {
  version: 1;
  /** Each as `lsrc run -o FILE.jsonl` writes it. */
  records: Record<string, unknown>[];
  as_of: string;
  columns: string[];
  /** The column that has the key. */
  key: string;
  /** Whether there are more records than were asked for. */
  cut: boolean;
  /** What was counted for every rule. */
  hits: { file: string; line: number; because: string | null; hits: number; unknown: number; points: number }[];
  /** What is wrong with the data. */
  data: Record<string, unknown> & { rows: number; bad_rows: number };
  /** Columns that nothing is read from. */
  unread: string[];
}

export interface Explained {
  /** The account as `lsrc why` prints it. */
  text: string;
  scores: string[];
  faults: string[];
  /** The account as `lsrc why --format json` writes it. */
  account: Record<string, unknown>;
}

export interface At extends Rules {
  file?: string;
  /** In UTF-16 code units. */
  at: number;
}

export interface Proposal {
  label: string;
  text: string;
  /** Whether `text` has places to fill in: `${1:name}`. */
  snippet: boolean;
  kind: 'option' | 'property' | 'variable' | 'output' | 'reason' | 'file' | 'finding' | 'keyword' | 'snippet';
  detail: string;
  /** In Markdown. */
  docs: string;
}

export class LsrcError extends Error {
  /** The way out, where one is known. */
  help: string | null;
  constructor(message: string, help?: string | null);
}

export class Engine {
  constructor(module: WebAssembly.Module);
  /** Asks by the name of a question; the methods below do nothing else. */
  ask(question: string, request?: object): unknown;
  check(rules: Rules): Check;
  /** Makes all safe fixes. */
  fix(rules: Rules): Fixed;
  /** Lays out a text; `complete` is false where a part of it cannot be read. */
  format(text: string): { text: string; changed: boolean; complete: boolean };
  model(rules: Rules): Model;
  ranges(rules: Rules): Ranges;
  test(rules: Rules): Tests;
  score(request: Records & { limit?: number; reasons?: boolean }): Scored;
  /** `row` counts from 1. */
  explain(request: Records & { row: number }): Explained;
  hover(request: At): { text: string; from: number; to: number } | null;
  complete(request: At): { from: number; to: number; proposals: Proposal[] };
  actions(request: At & { to?: number }): { title: string; finding: string; preferred: boolean; edits: Edit[] }[];
  hints(request: Rules & { file?: string }): { at: number; text: string; more: string; kind: 'range' | 'hits' | 'param' | 'decay' }[];
  /** The words of the language. */
  words(): { word: string; meaning?: string; example?: string }[];
  version(): string;
}

export type Source = WebAssembly.Module | ArrayBuffer | ArrayBufferView | Response | URL | string;

/** Loads the engine: from `lsrc.wasm` beside this script, or from what is given. */
export function load(source?: Source | Promise<Source>): Promise<Engine>;
