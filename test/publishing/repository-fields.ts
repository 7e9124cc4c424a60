import rootManifest from "../../package.json" with { type: "json" };

/** The repository's address for people, from the `repository` of the root's package.json. */
export const repositoryUrl: string = rootManifest.repository.url.replace(/^git\+|\.git$/g, "");

/** The fields that lead from a published package to its sources. npm resolves the relative links of its README by them. */
export function repositoryFields(folder: string) {
  return {
    homepage: `${repositoryUrl}/tree/main/packages/${folder}#readme`,
    repository: { ...rootManifest.repository, directory: `packages/${folder}` },
    bugs: `${repositoryUrl}/issues`,
  };
}
