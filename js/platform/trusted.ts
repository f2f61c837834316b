/** Addresses of scripts where a page demands Trusted Types. */

/** What a policy makes is no string, but taken wherever the address of a script is. */
interface Policy {
  createScriptURL(url: string): string;
}

let policy: Policy | undefined;
let asked = false;

/** An address that a worker may be started from. Only the package's own files are to be given. */
export function scriptUrl(url: string): string {
  if (!asked) {
    asked = true;
    policy = makePolicy();
  }
  return policy?.createScriptURL(url) ?? url;
}

function makePolicy(): Policy | undefined {
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
  };
  try {
    return trustedTypes?.createPolicy("tabgrad", { createScriptURL: (url) => url });
  } catch {
    // The page's policy does not name this one, or the package is there twice: a default policy may still allow it.
    return undefined;
  }
}
