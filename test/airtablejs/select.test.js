// select with every parameter, in both forms of the listing, and paging.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fill, refusal, startSimulator } from './lib/simulator.js';

const names = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, '0')}`);

for (const method of ['get', 'post']) {
  describe(`select by ${method}`, () => {
    let simulator, table, made;
    const select = (params = {}) => table.select({ method, ...params });
    const listed = async (params) => (await select(params).all()).map((r) => r.get('Name'));

    before(async () => {
      simulator = await startSimulator('--rate-limit', 'off');
      made = await simulator.base();
      table = made.base('Tasks');
      await fill(table, names);
      await table.create({ Name: 'extra', Count: 99, Done: true, Due: '2024-02-03', Stage: 'Doing', Tags: ['a', 'b'] });
    });
    after(async () => assert.equal(await simulator.stop(), 0));

    test('all pages through everything, each record once', async () => {
      const ids = (await select({ pageSize: 4 }).all()).map((r) => r.id);
      assert.equal(ids.length, 26);
      assert.equal(new Set(ids).size, 26);
    });

    test('firstPage and pageSize', async () => {
      assert.equal((await select({ pageSize: 7 }).firstPage()).length, 7);
    });

    test('eachPage gives 10, 10, 5 of a limit of 25', async () => {
      const sizes = [];
      await select({ pageSize: 10, maxRecords: 25 }).eachPage((records, next) => {
        sizes.push(records.length);
        next();
      });
      assert.deepEqual(sizes, [10, 10, 5]);
    });

    test('maxRecords', async () => {
      assert.equal((await select({ maxRecords: 3 }).all()).length, 3);
    });

    test('view lists in the order of creation', async () => {
      assert.deepEqual(await listed({ view: 'Grid view', maxRecords: 3 }), ['n00', 'n01', 'n02']);
      assert.deepEqual(await listed({ view: made.viewId, maxRecords: 2 }), ['n00', 'n01']);
    });

    test('sort by one and by two fields', async () => {
      assert.deepEqual(await listed({ sort: [{ field: 'Count', direction: 'desc' }], maxRecords: 3 }), ['extra', 'n24', 'n23']);
      const sort = [{ field: 'Done' }, { field: 'Name', direction: 'asc' }];
      assert.deepEqual(await listed({ sort, maxRecords: 2 }), ['n00', 'n01']);
    });

    test('fields', async () => {
      const [record] = await select({ fields: ['Count'], sort: [{ field: 'Count' }], maxRecords: 1 }).all();
      assert.deepEqual(record.fields, { Count: 0 });
    });

    test('filterByFormula', async () => {
      assert.deepEqual(await listed({ filterByFormula: 'AND({Count} > 22, NOT({Done}))', sort: [{ field: 'Name' }] }), ['n23', 'n24']);
      assert.deepEqual(await listed({ filterByFormula: `RECORD_ID() = "recAAAAAAAAAAAAAA"` }), []);
      assert.deepEqual(await listed({ filterByFormula: `IS_SAME({Due}, "2024-02-03")` }), ['extra']);
    });

    test('a formula of more than 15,000 characters', async () => {
      const many = Array.from({ length: 900 }, (_, i) => `{Name}="other ${i}"`).join(',');
      const formula = `OR(${many},{Name}="n07")`;
      assert.ok(formula.length > 15_000);
      const found = await table.select({ filterByFormula: formula }).all(); // the client changes to POST by itself
      assert.deepEqual(found.map((r) => r.get('Name')), ['n07']);
    });

    test('cellFormat string with timeZone and userLocale', async () => {
      const [record] = await select({
        cellFormat: 'string', timeZone: 'Europe/Berlin', userLocale: 'de', filterByFormula: '{Name}="extra"',
      }).all();
      assert.deepEqual(record.fields, {
        Name: 'extra', Count: '99', Done: 'checked', Due: '2024-02-03', Stage: 'Doing', Tags: 'a, b', Sum: '198',
      });
      assert.equal((await refusal(select({ cellFormat: 'string' }).all())).status, 422);
      assert.equal((await select({ timeZone: 'Europe/Berlin', userLocale: 'de' }).all()).length, 26);
    });

    test('returnFieldsByFieldId', async () => {
      const [record] = await select({ returnFieldsByFieldId: true, filterByFormula: '{Name}="n03"' }).all();
      assert.equal(record.fields[made.fields.Name], 'n03');
    });

    test('recordMetadata', async () => {
      const [record] = await select({ recordMetadata: ['commentCount'], maxRecords: 1 }).all();
      assert.equal(record._rawJson.commentCount, 0);
    });

    test('the filters that other clients send', async () => {
      assert.deepEqual(await listed({ filterByFormula: 'AND({Done}=TRUE(),LEN({Name})>3)' }), ['extra']);
      assert.deepEqual(await listed({ filterByFormula: "SEARCH('xtra',LOWER({Name}))" }), ['extra']);
      const since = "IS_AFTER(LAST_MODIFIED_TIME(),DATETIME_PARSE('2020-01-01T00:00:00Z','YYYY-MM-DD HH:mm:ss'))";
      assert.equal((await listed({ filterByFormula: since })).length, 26);
    });

    test('what is wrong is refused in the words of Airtable', async () => {
      const cases = [
        [{ fields: ['Foo'] }, 'UNKNOWN_FIELD_NAME', 'Unknown field name: "Foo"'],
        [{ sort: [{ field: 'Foo' }] }, 'UNKNOWN_FIELD_NAME', 'Unknown field name: "Foo"'],
        [{ view: 'Foo' }, 'VIEW_NAME_NOT_FOUND', 'View Foo not found'],
        [{ filterByFormula: '{Foo}=1' }, 'INVALID_FILTER_BY_FORMULA', 'The formula for filtering records is invalid: Unknown field names: foo'],
        [{ filterByFormula: 'LET({Name})' }, 'INVALID_FILTER_BY_FORMULA', 'The formula for filtering records is invalid: Invalid formula. Please check your formula text.'],
        [{ pageSize: 101 }, 'INVALID_REQUEST_UNKNOWN', 'Invalid request: parameter validation failed. Check your request data.'],
      ];
      for (const [params, error, message] of cases) {
        assert.deepEqual(await refusal(select(params).all()), { status: 422, error, message });
      }
    });
  });
}
