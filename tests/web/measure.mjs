// How long the page takes, measured so that other programs on the machine do not count.
//
// Two clocks. The first is the processor time of the page's main thread (CDP Performance.getMetrics in thread ticks): script,
// style, layout and paint of this page alone, whatever else runs. The second is the clock on the wall, from the moment of the
// event (event.timeStamp) to the frame after the result stood in the page; it holds everything a person waits for, also the
// processor when others have it. So beside each try a loop of known work runs in the same page: `dear` is how much more of the
// processor's time it cost than its cheapest run, at this speed (others in the caches and on the other half of the core), `crowd`
// how much longer it took than the processor time it got. On a machine that does nothing else both are 1.
//
// Judged are medians of several tries: both clocks divided by dear, and the second, where crowd is more than 1.25, by that too. What
// is over its limit is measured again, three times at most: a stutter of the machine does not come three times, a slow page does.
// The limits themselves never move. Only where in all three measurements the loop took more than three times as long as on a quiet
// machine (by these figures, or by LOOP_MS on one slow altogether) the page cannot be judged there, and the test is skipped and
// says so.
import { skip, slowDown } from "./lib.mjs";

export const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];

let cheapest = Infinity; // at full speed
const LOOP_MS = 30;  // of the loop below at full speed, on an AMD EPYC of 2.4 GHz that does nothing else
const SLOW = 3;
const TIMES = 3;

export async function meter(page) {
  const cdp = (page.state.cdp ??= await page.context().newCDPSession(page));
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const busyMs = async () => (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;

  // crowd: how much longer the loop took than the processor time it got, 1 on a machine that does nothing else; dear: how much
  // more of that time it cost than its cheapest run so far, of this speed.
  async function contention() {
    const before = await busyMs();
    const wall = await page.evaluate(() => {
      const begun = performance.now();
      let x = 1;
      for (let i = 0; i < 1_000_000; i++) x = (x * 1103515245 + 12345) % 2147483648;
      window.keepLoop = x;
      return performance.now() - begun;
    });
    const cpu = Math.max((await busyMs()) - before, 1);
    const rate = page.state.rate ?? 1;
    if (rate === 1) cheapest = Math.min(cheapest, cpu);
    return { crowd: wall / cpu, dear: Math.max(1, cpu / (cheapest * rate)), slow: cpu / (LOOP_MS * rate) };
  }

  if (cheapest === Infinity) {
    const rate = page.state.rate ?? 1;
    if (rate !== 1) await slowDown(page, 1);
    for (let i = 0; i < 5; i++) await contention();
    if (rate !== 1) await slowDown(page, rate);
  }

  // One action: does `act`, waits for `shown` (a function of the page, with arg). { wall, cpu } in ms.
  async function once(act, shown, arg) {
    await page.evaluate(([source, arg]) => {
      const test = (window.shownIs ?? (window.shownIs = {}))[source];
      window.measured = new Promise((done) => {
        // From the event on it looks in each frame, before that is painted. A MutationObserver would cost something with each node.
        let begun = 0;
        const note = (e) => {
          if (begun) return;
          begun = e.timeStamp;
          for (const kind of ["keydown", "pointerdown"]) removeEventListener(kind, note, { capture: true });
          requestAnimationFrame(look);
        };
        const look = () => {
          if (!test(arg)) return requestAnimationFrame(look);
          const port = new MessageChannel();
          port.port1.onmessage = () => done(performance.now() - begun);
          return port.port2.postMessage(0); // comes after this frame is painted
        };
        for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, note, { capture: true });
      });
    }, [shown, arg ?? null]);
    const before = await busyMs();
    await act();
    const wall = await page.evaluate(() => Promise.race([window.measured, new Promise((done) => setTimeout(done, 20_000, null))]));
    if (wall === null) throw new Error(`${shown} did not come to pass within 20 s`);
    // What the page does after the paint, while the answer travels, is not of this action.
    return { wall, cpu: Math.min(wall, (await busyMs()) - before) };
  }
  return { busyMs, contention, once };
}

// Tries an action several times; gives the medians and how busy the machine was.
//   act      does it, by key or click
//   shown    the name of a test put into the page by name(): true when the result stands there
//   again    puts things back before the next try
export async function tries(page, n, { act, shown, arg, again }) {
  const m = await meter(page);
  const got = [];
  const noise = [];
  for (let i = 0; i < n; i++) {
    const wanted = typeof arg === "function" ? await arg() : arg;
    noise.push(await m.contention());
    got.push(await m.once(act, shown, wanted));
    await again?.();
  }
  return { wall: median(got.map((x) => x.wall)), cpu: median(got.map((x) => x.cpu)), ...crowding(noise) };
}

export function crowding(noise) {
  const crowd = Math.max(1, median(noise.map((x) => x.crowd)));
  const dear = median(noise.map((x) => x.dear));
  return { crowd, dear, slow: crowd * Math.max(dear, median(noise.map((x) => x.slow))) };
}

// Puts tests into the page that say whether a result stands there: { name: function }. The page's policy forbids eval, the
// protocol does not.
export async function name(page, tests) {
  for (const [key, fn] of Object.entries(tests)) await page.evaluate(`(window.shownIs ??= {})[${JSON.stringify(key)}] = ${fn}`);
}

// What is measured against limits, once or, if it is over, up to three times. Gathers what went over, and what could not be judged.
//   await verdict.of("the palette opens", 50, async () => ({ wall, cpu, ...crowding(noise) }));
//   verdict.end();   // fails or skips, with all sentences
export class Verdict {
  wrong = [];
  unsure = [];
  async of(what, limitMs, measure) {
    let best = null;
    let slow = Infinity;
    for (let i = 0; i < TIMES; i++) {
      const r = await measure();
      const work = r.cpu / r.dear;
      const wall = r.wall / r.dear / (r.crowd > 1.25 ? r.crowd : 1);
      console.log(`     ${what}: ${work.toFixed(0)} ms of work, ${wall.toFixed(0)} ms to the paint, limit ${limitMs}${r.slow > 1.1 ? ` (seen ${r.cpu.toFixed(0)} and ${r.wall.toFixed(0)}; dear x ${r.dear.toFixed(1)}, crowd x ${r.crowd.toFixed(1)}, slow x ${r.slow.toFixed(1)})` : ""}`);
      slow = Math.min(slow, r.slow);
      if (!best || Math.max(work, wall) < best) best = Math.max(work, wall);
      if (best <= limitMs) return;
    }
    const said = `${what}: ${best.toFixed(0)} ms, at most ${limitMs}`;
    if (slow > SLOW) this.unsure.push(`${said}; but the machine is ${slow.toFixed(1)} times slower than when it does nothing else`);
    else this.wrong.push(said);
  }
  end() {
    if (this.wrong.length) throw new Error([...this.wrong, ...this.unsure].join("\n     "));
    if (this.unsure.length) skip(this.unsure.join("; "));
  }
}
