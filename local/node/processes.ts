import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, openSync, closeSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Component } from "./component";

/** How a program fares. */
export interface ComponentStatus {
  readonly name: string;
  readonly state: "starting" | "ready" | "waiting";
  /** Process id in the process namespace of whoever started it; 0 while it waits for its restart. */
  readonly pid: number;
  /** How often it ended by itself and was started again. */
  readonly restarts: number;
}

/** A program that does not come up. */
export class ComponentFailure extends Error {
  constructor(
    readonly component: string,
    reason: string,
    readonly log: string,
    readonly tail: readonly string[],
  ) {
    super(`${component} ${reason}; see ${log}\n${tail.map((line) => `  ${line}`).join("\n")}`);
  }
}

/** Milliseconds between two questions whether a program is ready. */
const POLL = 50;
/** Milliseconds that a program may take to get ready: many times what it takes on 2 busy cores. */
const PATIENCE = 120_000;
/** How often a program may end before it was ever ready. */
const ATTEMPTS = 5;
/** Milliseconds before the first restart, and the most that doubling it leads to. */
const BACK_OFF = { first: 100, most: 10_000 };
/** A program that ran this many milliseconds starts again without a longer wait. */
const HEALTHY = 10_000;
const TAIL = 12;

/**
 * Runs programs, restarts those that end, and keeps one log for each.
 *
 * They are killed, not asked, when it stops: the kernel does the same to a machine that loses power, and
 * all of them are built to survive that. They also end with the process that started them, whatever ends it.
 */
export class Processes {
  private readonly children = new Map<string, ChildProcess>();
  private readonly statuses = new Map<string, ComponentStatus>();
  private stopped = false;

  /**
   * @param logs folder of the logs
   * @param changed called whenever a status changed
   */
  constructor(
    private readonly logs: string,
    private readonly changed: () => void = () => undefined,
  ) {
    mkdirSync(logs, { recursive: true });
  }

  status(): ComponentStatus[] {
    return [...this.statuses.values()];
  }

  /**
   * Starts a program and resolves once it is ready. From then on it is restarted for as long as this runs.
   *
   * @throws ComponentFailure when it ends too often or takes too long
   */
  async start(component: Component): Promise<void> {
    let failure: ComponentFailure | undefined;
    let wasReady = false;
    const isReady = component.ready ?? (() => Promise.resolve(true));
    this.run(component, 0, (restarts, reason) => {
      if (!wasReady && restarts >= ATTEMPTS) {
        failure = this.failure(component.name, reason);
      }
      return failure === undefined;
    });
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      if (failure) {
        throw failure;
      }
      if (this.stopped) {
        throw new Error(`${component.name} was stopped while it started`);
      }
      if (this.children.has(component.name) && (await isReady())) {
        break;
      }
      if (Date.now() > deadline) {
        throw this.failure(component.name, `was not ready after ${PATIENCE / 1000} s`);
      }
      await sleep(POLL);
    }
    wasReady = true;
    this.update(component.name, { state: "ready" });
  }

  /** Kills all programs, and resolves when they are gone. */
  async stop(): Promise<void> {
    this.stopped = true;
    const children = [...this.children.values()];
    const gone = children.map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once("exit", () => resolve());
        }),
    );
    children.forEach((child) => child.kill("SIGKILL"));
    await Promise.all(gone);
  }

  private run(
    component: Component,
    restarts: number,
    again: (restarts: number, reason: string) => boolean,
    delay = BACK_OFF.first,
  ): void {
    const { name, command, args, env } = component;
    const log = openSync(this.logOf(name), "a", 0o600);
    const [program, programArgs] = endingWithParent(command, args);
    const child = spawn(program, programArgs, {
      stdio: ["ignore", log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    const begun = Date.now();
    this.children.set(name, child);
    this.update(name, { state: restarts > 0 ? "ready" : "starting", pid: child.pid ?? 0, restarts });
    let ended = false;
    const end = (reason: string): void => {
      if (ended) {
        return;
      }
      ended = true;
      this.children.delete(name);
      if (this.stopped || !again(restarts + 1, reason)) {
        return;
      }
      this.update(name, { state: "waiting", pid: 0 });
      const wait = Date.now() - begun > HEALTHY ? BACK_OFF.first : delay;
      setTimeout(() => {
        if (!this.stopped) {
          this.run(component, restarts + 1, again, Math.min(wait * 2, BACK_OFF.most));
        }
      }, wait).unref();
    };
    child.once("error", (error) => end(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => end(`ended with ${signal ?? `code ${code}`}`));
  }

  private update(name: string, change: Partial<ComponentStatus>): void {
    const before = this.statuses.get(name) ?? { name, state: "starting", pid: 0, restarts: 0 };
    this.statuses.set(name, { ...before, ...change });
    this.changed();
  }

  private logOf(name: string): string {
    return join(this.logs, `${name}.log`);
  }

  private failure(name: string, reason: string): ComponentFailure {
    const log = this.logOf(name);
    const lines = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
    return new ComponentFailure(name, reason, log, lines.slice(-TAIL));
  }
}

/** `setpriv` is part of util-linux, which every distribution installs. */
function endingWithParent(command: string, args: readonly string[]): [string, string[]] {
  return ["setpriv", ["--pdeathsig", "KILL", "--", command, ...args]];
}
