// Starts the product's own binary as a simulator on a free port, and talks to the parts of it that the
// official client does not know: the schema calls and the admin interface.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import Airtable from 'airtable';

export const TOKEN = 'patSuite';
export const READER = 'patReader';

/** Starts `airtable-sim` with these further flags and resolves when it listens. */
export async function startSimulator(...flags) {
  const binary = process.env.PAW_TEST_BINARY;
  if (!binary) {
    throw new Error('PAW_TEST_BINARY must name the built pyairtable-workflows; `make build` makes it');
  }
  const child = spawn(
    binary,
    ['airtable-sim', '--addr', '127.0.0.1:0', '--token', TOKEN, '--token', `${READER}=data.records:read`, ...flags],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    exited.then(([code]) => Promise.reject(new Error(`airtable-sim ended with ${code} before it listened`))),
  ]);
  return new Simulator(child, exited, /http:\/\/\S+/.exec(line)[0]);
}

class Simulator {
  constructor(child, exited, url) {
    this.child = child;
    this.exited = exited;
    this.url = url;
  }

  /** Ends the process as an operator would and resolves to its exit code. */
  async stop() {
    this.child.kill('SIGTERM');
    const [code] = await this.exited;
    return code;
  }

  /** One plain call; the body of the answer is parsed. */
  async call(method, path, body, token = TOKEN) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** A base with one table that has a field of each common type, and its official client. */
  async base(table = 'Tasks') {
    const made = await this.call('POST', '/v0/meta/bases', {
      name: 'Suite',
      workspaceId: 'wspAAAAAAAAAAAAAA',
      tables: [
        {
          name: table,
          fields: [
            { name: 'Name', type: 'singleLineText' },
            { name: 'Notes', type: 'multilineText' },
            { name: 'Count', type: 'number', options: { precision: 2 } },
            { name: 'Done', type: 'checkbox', options: { icon: 'check', color: 'greenBright' } },
            {
              name: 'Due',
              type: 'date',
              options: { dateFormat: { name: 'iso' } },
            },
            { name: 'Stage', type: 'singleSelect', options: { choices: [{ name: 'Todo' }, { name: 'Doing' }] } },
            { name: 'Tags', type: 'multipleSelects', options: { choices: [{ name: 'a' }, { name: 'b' }] } },
            { name: 'Sum', type: 'formula', options: { formula: '{Count} * 2' } },
          ],
        },
      ],
    });
    const fields = Object.fromEntries(made.tables[0].fields.map((f) => [f.name, f.id]));
    return { id: made.id, tableId: made.tables[0].id, viewId: made.tables[0].views[0].id, fields, ...this.client(made.id) };
  }

  /** The official client for a base. */
  client(baseId, options = {}) {
    const airtable = new Airtable({ apiKey: TOKEN, endpointUrl: this.url, noRetryIfRateLimited: true, ...options });
    return { base: airtable.base(baseId) };
  }
}

/** Resolves to the error that a promise is rejected with. The client's errors are no instances of Error. */
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return { status: error.statusCode, error: error.error, message: error.message };
  }
  throw new Error('the call succeeded');
}

/** Creates records with these names, ten at a time, and resolves to their ids. */
export async function fill(table, names) {
  const ids = [];
  for (let at = 0; at < names.length; at += 10) {
    const batch = names.slice(at, at + 10).map((Name, i) => ({ fields: { Name, Count: at + i } }));
    ids.push(...(await table.create(batch)).map((record) => record.id));
  }
  return ids;
}
