// What was answered is there again after the process was killed.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fill, startSimulator } from './lib/simulator.js';

test('records that were answered survive SIGKILL', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'airtable-sim-'));
  const flags = ['--rate-limit', 'off', '--data', join(directory, 'data')];
  try {
    const first = await startSimulator(...flags);
    const { id, base } = await first.base();
    const ids = await fill(base('Tasks'), Array.from({ length: 50 }, (_, i) => `${i}`));
    first.child.kill('SIGKILL');
    await first.exited;

    const second = await startSimulator(...flags);
    const found = await second.client(id).base('Tasks').select().all();
    assert.deepEqual(found.map((r) => r.id), ids.toSorted());
    assert.equal(await second.stop(), 0);
  } finally {
    await rm(directory, { recursive: true });
  }
});
