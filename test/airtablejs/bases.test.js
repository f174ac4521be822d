// What people set up in Airtable's own pages, as the official client sees it: views, lookups, files, limits.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { refusal, startSimulator } from './lib/simulator.js';

describe('bases', () => {
  let simulator, made, table, byHand, files;

  before(async () => {
    simulator = await startSimulator('--rate-limit', 'off');
    made = await simulator.base();
    table = made.base('Tasks');
    byHand = `/_sim/bases/${made.id}/tables/Tasks`;
    files = createServer((request, answer) => answer.writeHead(200, { 'content-type': 'text/plain' }).end('hello')).listen(0, '127.0.0.1');
    await once(files, 'listening');
    await table.create(['a', 'b', 'c'].map((Name, Count) => ({ fields: { Name, Count } })));
  });
  after(async () => {
    files.close();
    assert.equal(await simulator.stop(), 0);
  });

  const listed = async (params) => (await table.select(params).all()).map((r) => r.get('Name'));

  test('a view has its filter and its order, and returns what it hides', async () => {
    const sort = [{ field: 'Count', direction: 'desc' }];
    await simulator.call('POST', `${byHand}/views`, { name: 'Some', filterByFormula: '{Count}>0', sort, hiddenFields: ['Count'] });
    assert.deepEqual(await listed({ view: 'Some' }), ['c', 'b']);
    assert.deepEqual(await listed({ view: 'Some', sort: [{ field: 'Name' }] }), ['b', 'c']);
    assert.equal((await table.select({ view: 'Some' }).firstPage())[0].get('Count'), 2);
  });

  test('lookups, rollups and counts follow the links', async () => {
    const tables = `/v0/meta/bases/${made.id}/tables`;
    const lists = await simulator.call('POST', tables, { name: 'Lists', fields: [{ name: 'Name', type: 'singleLineText' }] });
    const link = await simulator.call('POST', `${tables}/${lists.id}/fields`, { name: 'Tasks', type: 'multipleRecordLinks', options: { linkedTableId: made.tableId } });
    const via = { recordLinkFieldId: link.id, fieldIdInLinkedTable: made.fields.Count };
    await simulator.call('POST', `${tables}/${lists.id}/fields`, { name: 'Counts', type: 'multipleLookupValues', options: via });
    await simulator.call('POST', `/_sim/bases/${made.id}/tables/Lists/fields`, { name: 'Total', type: 'rollup', options: { ...via, formula: 'SUM(values)' } });
    await simulator.call('POST', `/_sim/bases/${made.id}/tables/Lists/fields`, { name: 'Size', type: 'count', options: { recordLinkFieldId: link.id } });
    const tasks = await table.select().all();
    const list = await made.base('Lists').create({ Name: 'all', Tasks: tasks.map((r) => r.id) });
    assert.deepEqual([...list.get('Counts')].sort(), [0, 1, 2]);
    assert.equal(list.get('Total'), 3);
    assert.equal(list.get('Size'), 3);
    await tasks.find((r) => r.get('Count') === 2).updateFields({ Count: 10 });
    assert.equal((await made.base('Lists').find(list.id)).get('Total'), 11);
    assert.equal((await refusal(list.updateFields({ Total: 1 }))).error, 'INVALID_VALUE_FOR_COLUMN');
  });

  test('a file is fetched from where it was and served under another url', async () => {
    await simulator.call('POST', `/v0/meta/bases/${made.id}/tables/${made.tableId}/fields`, { name: 'Files', type: 'multipleAttachments' });
    const url = `http://127.0.0.1:${files.address().port}/a.txt`;
    const { id } = await table.create({ Name: 'filed', Files: [{ url }] });
    let file;
    for (let tries = 0; tries < 200 && !file?.size; tries++) {
      [file] = (await table.find(id)).get('Files');
    }
    assert.deepEqual({ ...file, id: undefined, url: undefined }, { id: undefined, url: undefined, filename: 'a.txt', size: 5, type: 'text/plain' });
    assert.notEqual(file.url, url);
    assert.equal(await (await fetch(file.url)).text(), 'hello');
    assert.equal((await refusal(table.create({ Files: [{ id: file.id }] }))).error, 'INVALID_ATTACHMENT_OBJECT');
  });

  test('a full base, a field that may not be written and a file that fails', async () => {
    await simulator.call('PUT', '/_sim/faults', { max_records_per_base: 0, read_only_fields: ['Notes'], failing_attachments: ['*'] });
    assert.equal((await refusal(table.create({ Name: 'x' }))).error, 'RECORD_LIMIT_EXCEEDED');
    const [record] = await table.select({ maxRecords: 1 }).all();
    assert.equal((await refusal(record.updateFields({ Notes: 'x' }))).error, 'NOT_AUTHORIZED');
    await record.updateFields({ Files: [{ url: 'https://example.com/a' }] });
    assert.equal(record.get('Files'), undefined);
    await simulator.call('DELETE', '/_sim/faults');
  });
});
