/** Names of the databases and folders of this origin. Changing one loses what is in it. */
export const RECORDS_DATABASE = 'quloud-records';
export const VAULT_DATABASE = 'quloud-vault';
/** `quloud-chunks` and `quloud-temp`, as folders or as a database. */
export const ORIGIN_STORAGE = 'quloud';
