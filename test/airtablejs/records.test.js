// create, find, update, replace and destroy, of one record and of several.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { refusal, startSimulator } from './lib/simulator.js';

describe('records', () => {
  let simulator, table, fields;

  before(async () => {
    simulator = await startSimulator('--rate-limit', 'off');
    const made = await simulator.base('To do / später');
    table = made.base('To do / später');
    fields = made.fields;
  });
  after(async () => assert.equal(await simulator.stop(), 0));

  test('create one answers a record with its cells and without empty ones', async () => {
    const record = await table.create({ Name: 'one', Notes: '', Count: 1.5, Done: false, Tags: [], Due: '2024-02-03' });
    assert.match(record.id, /^rec[A-Za-z0-9]{14}$/);
    assert.deepEqual(record.fields, { Name: 'one', Count: 1.5, Due: '2024-02-03', Sum: 3 });
    assert.match(record._rawJson.createdTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('create several answers them in order', async () => {
    const records = await table.create([{ fields: { Name: 'x' } }, { fields: { Name: 'y', Done: true } }]);
    assert.deepEqual(records.map((r) => r.get('Name')), ['x', 'y']);
    assert.equal(records[1].get('Done'), true);
  });

  test('create with typecast makes choices and reads numbers', async () => {
    const record = await table.create({ Name: 't', Stage: 'Shipped', Count: '12' }, { typecast: true });
    assert.equal(record.get('Stage'), 'Shipped');
    assert.equal(record.get('Count'), 12);
  });

  test('find answers the record, by name of the table or by id', async () => {
    const made = await table.create({ Name: 'findable' });
    assert.equal((await table.find(made.id)).get('Name'), 'findable');
    const same = await made.fetch();
    assert.equal(same.get('Name'), 'findable');
  });

  test('update keeps what it does not name and null clears', async () => {
    const made = await table.create({ Name: 'u', Count: 2, Tags: ['a', 'b'] });
    const changed = await table.update(made.id, { Count: null, Tags: ['b'] });
    assert.deepEqual(changed.fields, { Name: 'u', Tags: ['b'], Sum: 0 });
    const several = await table.update([{ id: made.id, fields: { Count: 3 } }]);
    assert.deepEqual(several[0].fields, { Name: 'u', Tags: ['b'], Count: 3, Sum: 6 });
  });

  test('replace clears what it does not name', async () => {
    const made = await table.create({ Name: 'r', Count: 2, Notes: 'n' });
    const changed = await table.replace(made.id, { Notes: 'left' });
    assert.deepEqual(changed.fields, { Notes: 'left', Sum: 0 });
    const several = await table.replace([{ id: made.id, fields: { Name: 'r2' } }]);
    assert.deepEqual(several[0].fields, { Name: 'r2', Sum: 0 });
  });

  test('update with performUpsert creates and updates', async () => {
    await table.create({ Name: 'known', Count: 1 });
    const records = await table.update(
      [{ fields: { Name: 'known', Count: 9 } }, { fields: { Name: 'unknown', Count: 8 } }],
      { performUpsert: { fieldsToMergeOn: ['Name'] } },
    );
    assert.deepEqual(records.map((r) => [r.get('Name'), r.get('Count')]), [['known', 9], ['unknown', 8]]);
    const all = await table.select({ filterByFormula: 'OR({Name}="known",{Name}="unknown")' }).all();
    assert.equal(all.length, 2);
  });

  test('the methods of a record write through', async () => {
    const record = await table.create({ Name: 'p' });
    await record.patchUpdate({ Count: 4 });
    assert.equal(record.get('Count'), 4);
    await record.putUpdate({ Name: 'q' });
    assert.deepEqual(record.fields, { Name: 'q', Sum: 0 });
    // save() sends all cells that the record has, and would be refused with a computed one among them
    const [plain] = await table.select({ fields: ['Name', 'Notes'], filterByFormula: `RECORD_ID()="${record.id}"` }).all();
    plain.set('Notes', 'saved');
    await plain.save();
    assert.deepEqual((await table.find(record.id)).fields, { Name: 'q', Notes: 'saved', Sum: 0 });
    await record.destroy();
    assert.equal((await refusal(table.find(record.id))).status, 404);
  });

  test('destroy deletes one and several', async () => {
    const made = await table.create(['d1', 'd2', 'd3'].map((Name) => ({ fields: { Name } })));
    const one = await table.destroy(made[0].id);
    assert.equal(one.id, made[0].id);
    const several = await table.destroy([made[1].id, made[2].id]);
    assert.deepEqual(several.map((r) => r.id), [made[1].id, made[2].id]);
    assert.equal((await table.select({ filterByFormula: 'FIND("d", {Name}) = 1' }).all()).length, 0);
  });

  test('ids of fields are taken as keys', async () => {
    const record = await table.create({ [fields.Name]: 'by id' });
    assert.equal(record.get('Name'), 'by id');
  });
});
