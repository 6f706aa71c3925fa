// Runs the checks of one SDK: functions by the sentences that they prove.

import assert from "node:assert/strict";

/** Runs each, one after the other, says how it went on a line of its own, and sets the exit code. */
export async function run(checks) {
  for (const [sentence, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok ${sentence}`);
    } catch (error) {
      // Whatever an SDK raises is a failure of its check, not of the others.
      process.exitCode = 1;
      console.error(error);
      console.log(`FAILED ${sentence}`);
    }
  }
}

/** Says both in full when they differ. An object's class does not count: some parsers make objects of none. */
export function same(got, expected) {
  assert.deepStrictEqual(plain(got), plain(expected));
}

function plain(value) {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  const isObject = value && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return isObject ? Object.fromEntries(Object.entries(value).map(([name, own]) => [name, plain(own)])) : value;
}

/** The error of this kind that `act` raises. */
export async function raised(kind, act) {
  try {
    await act();
  } catch (error) {
    assert(error instanceof kind, error);
    return error;
  }
  throw new assert.AssertionError({ message: `nothing was raised, expected ${kind.name}` });
}
