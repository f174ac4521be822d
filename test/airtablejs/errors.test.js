// Refusals, rate limits and faults, as the official client shows them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { READER, fill, refusal, startSimulator } from './lib/simulator.js';

describe('errors', () => {
  let simulator, made, table;

  before(async () => {
    simulator = await startSimulator('--rate-limit', 'off');
    made = await simulator.base();
    table = made.base('Tasks');
  });
  after(async () => assert.equal(await simulator.stop(), 0));

  test('401 for an unknown and for a revoked token', async () => {
    const stranger = simulator.client(made.id, { apiKey: 'patStranger' }).base('Tasks');
    const want = { status: 401, error: 'AUTHENTICATION_REQUIRED', message: 'You should provide valid api key to perform this operation' };
    assert.deepEqual(await refusal(stranger.select().all()), want);
    await simulator.call('PUT', '/_sim/faults', { revoked_tokens: [READER] });
    const reader = simulator.client(made.id, { apiKey: READER }).base('Tasks');
    assert.deepEqual(await refusal(reader.select().all()), want);
    await simulator.call('DELETE', '/_sim/faults');
    assert.deepEqual(await reader.select().all(), []);
  });

  test('403 for an unknown base, an unknown table and a missing scope', async () => {
    const want = { status: 403, error: 'NOT_AUTHORIZED', message: 'You are not authorized to perform this operation' };
    assert.deepEqual(await refusal(simulator.client('appAAAAAAAAAAAAAA').base('Tasks').select().all()), want);
    assert.deepEqual(await refusal(made.base('Nope').select().all()), want);
    const reader = simulator.client(made.id, { apiKey: READER }).base('Tasks');
    assert.deepEqual(await refusal(reader.create({ Name: 'x' })), want);
  });

  test('404 for a record that is not there and for a malformed base', async () => {
    const want = { status: 404, error: 'NOT_FOUND', message: 'Record not found' };
    assert.deepEqual(await refusal(table.find('recAAAAAAAAAAAAAA')), want);
    assert.deepEqual(await refusal(table.destroy('recAAAAAAAAAAAAAA')), want);
    assert.deepEqual(await refusal(simulator.client('nobase').base('Tasks').select().all()), {
      ...want, message: 'Could not find what you are looking for', // the client's own words: the server sends none
    });
  });

  test('422 with the type and the message of the server', async () => {
    const eleven = Array.from({ length: 11 }, () => ({ fields: {} }));
    const cases = [
      [() => table.create(eleven), 'INVALID_RECORDS', 'A maximum of 10 records can be created per request but you have provided 11.'],
      [() => table.create({ Foo: 1 }), 'UNKNOWN_FIELD_NAME', 'Unknown field name: "Foo"'],
      [() => table.create({ Sum: 1 }), 'INVALID_VALUE_FOR_COLUMN', 'Field "Sum" cannot accept a value because the field is computed'],
      [() => table.create({ Count: 'x' }), 'INVALID_VALUE_FOR_COLUMN', 'Field "Count" cannot accept the provided value'],
      [() => table.create({ Stage: 'New' }), 'INVALID_MULTIPLE_CHOICE_OPTIONS', 'Insufficient permissions to create new select option "\\"New\\""'],
      [() => table.update([{ id: 'recAAAAAAAAAAAAAA', fields: {} }]), 'ROW_DOES_NOT_EXIST', 'Record ID recAAAAAAAAAAAAAA does not exist in this table'],
      [() => table.destroy(['recAAAAAAAAAAAAAA']), 'ROW_DOES_NOT_EXIST', 'Record ID recAAAAAAAAAAAAAA does not exist in this table'],
    ];
    for (const [call, error, message] of cases) {
      assert.deepEqual(await refusal(call()), { status: 422, error, message });
    }
  });

  test('a bad record in a batch creates none', async () => {
    await refusal(table.create([{ fields: { Name: 'good' } }, { fields: { Count: 'bad' } }]));
    assert.equal((await table.select({ filterByFormula: '{Name}="good"' }).all()).length, 0);
  });

  test('429 of the monthly quota', async () => {
    await simulator.call('PUT', '/_sim/faults', { quota_remaining: 1 });
    await table.select().all();
    assert.equal((await refusal(table.select().all())).status, 429);
    await simulator.call('GET', `/v0/meta/bases/${made.id}/tables`); // the schema answers all the same
    await simulator.call('DELETE', '/_sim/faults');
    await table.select().all();
  });

  test('502 as HTML and 503, once', async () => {
    await simulator.call('PUT', '/_sim/faults', {
      faults: [{ operation: 'create_records', fault: 'bad_gateway' }, { operation: 'create_records', nth: 2, fault: 'unavailable', retry_after: 1 }],
    });
    assert.equal((await refusal(table.create({ Name: 'f' }))).status, 502);
    assert.equal((await refusal(table.create({ Name: 'f' }))).status, 503);
    await table.create({ Name: 'f' });
    assert.equal((await table.select({ filterByFormula: '{Name}="f"' }).all()).length, 1);
  });

  test('a dropped answer leaves the record behind', async () => {
    await simulator.call('PUT', '/_sim/faults', { faults: [{ method: 'POST', path: '/v0/app*', fault: 'drop' }] });
    const { status, message } = await refusal(table.create({ Name: 'dropped' }));
    assert.equal(status, undefined);
    assert.match(message, /socket hang up/);
    assert.equal((await table.select({ filterByFormula: '{Name}="dropped"' }).all()).length, 1);
  });
});

describe('rate limit', () => {
  test('more than five calls a second are refused, and the client waits the penalty out', async () => {
    const simulator = await startSimulator('--penalty', '200ms');
    try {
      const made = await simulator.base();
      const table = made.base('Tasks');
      const results = await Promise.allSettled(Array.from({ length: 12 }, () => table.select().firstPage()));
      const refused = results.filter((r) => r.status === 'rejected').map((r) => r.reason);
      assert.ok(refused.length >= 5, `${refused.length} of 12 were refused`);
      assert.deepEqual([...new Set(refused.map((e) => `${e.statusCode} ${e.error}`))], ['429 TOO_MANY_REQUESTS']);
      assert.ok((await simulator.call('GET', '/_sim/stats')).rate_limited >= refused.length);

      const patient = simulator.client(made.id, { noRetryIfRateLimited: false }).base('Tasks');
      assert.deepEqual(await patient.select().all(), []);
    } finally {
      assert.equal(await simulator.stop(), 0);
    }
  });

  test('--speed makes the limits affordable', async () => {
    const simulator = await startSimulator('--speed', '1000');
    try {
      const { base } = await simulator.base();
      assert.equal((await fill(base('Tasks'), Array.from({ length: 200 }, (_, i) => `${i}`))).length, 200);
    } finally {
      assert.equal(await simulator.stop(), 0);
    }
  });
});
