import tls from "node:tls";

/**
 * Makes this process trust a certificate as NODE_EXTRA_CA_CERTS does for one that starts with it.
 *
 * @param ca PEM
 * @returns a function that takes it back
 */
export function addDefaultRoot(ca: string): () => void {
  const before = tls.getCACertificates("default");
  const roots = [...before, ca];
  // Since Node.js 22.19 and 24.5.
  if (Object.hasOwn(tls, "setDefaultCACertificates")) {
    tls.setDefaultCACertificates(roots);
    return () => tls.setDefaultCACertificates(before);
  }
  // tls.connect() takes the context from here.
  const { createSecureContext, getCACertificates } = tls;
  Object.assign(tls, {
    createSecureContext: (options?: tls.SecureContextOptions) =>
      createSecureContext({ ...options, ca: options?.ca ?? roots }),
    getCACertificates: (type?: Parameters<typeof getCACertificates>[0]) =>
      type === undefined || type === "default" ? roots : getCACertificates(type),
  });
  return () => {
    Object.assign(tls, { createSecureContext, getCACertificates });
  };
}
