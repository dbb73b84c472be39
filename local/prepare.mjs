// Comes before each of the project's commands: checks Node.js, and installs what package-lock.json names if that is
// not there yet. Plain JavaScript without dependencies, because it runs before there are any.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

requireNode();
installDependencies();

function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [major, minor] = /(\d+)\.(\d+)/.exec(engines.node).slice(1).map(Number);
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor < major || (haveMajor === major && haveMinor < minor)) {
    fail(
      `Node.js ${process.versions.node} is too old: Bulkhead needs ${engines.node}.\n` +
        "Install a newer one, for example from nodejs.org or with your system's package manager, and run the command again.",
    );
  }
}

// npm writes this file last, so it tells a finished installation from one that was cut off.
function installDependencies() {
  const done = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) {
    return;
  }
  console.error("Installing dependencies (npm ci)...");
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const { status } = spawnSync(npm[0], [...npm.slice(1), "ci", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) {
    fail(
      "The dependencies could not be installed: see the messages above. Run the command again once that is mended.",
    );
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
