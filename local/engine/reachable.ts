/** Where Pulumi's installer, CLI and provider plugins are downloaded from. */
const DOWNLOADS = "https://get.pulumi.com/install.sh";

/**
 * Whether Pulumi's downloads can be reached, so that without internet no command waits for the many tries
 * of a download. Answers within 3 seconds. Behind a proxy, which `fetch` of Node 20 does not use, the
 * answer is yes, and the download has to find out.
 */
export async function downloadsReachable(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (env["HTTPS_PROXY"] || env["https_proxy"]) {
    return true;
  }
  return fetch(DOWNLOADS, { method: "HEAD", signal: AbortSignal.timeout(3000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}
