// What a client's program tells the test and hears from it: one line of JSON, or one address, at a time.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => (await lines.next()).value;
const say = (line) => console.log(JSON.stringify(line));

/**
 * Run PROGRAM with what the client's owner knows, `visit`, which sends the person's browser to an address, and `wait`,
 * which lets so many hours pass.
 */
export async function converse(program) {
  const ask = async (question) => {
    say(question);
    return await next();
  };
  const visit = async (url) => new URL(await ask({ visit: url.href }));
  const wait = (hours) => ask({ wait: hours });
  try {
    say({ done: await program(JSON.parse(await next()), visit, wait) });
  } catch (error) {
    say({ failed: { name: error.name, code: error.code, error: error.error, message: error.message, cause: String(error.cause) } });
  }
  process.exit(0);
}

/** What the library throws when PROMISE is refused; that it is not refused is an error itself. */
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("this should have been refused");
}
