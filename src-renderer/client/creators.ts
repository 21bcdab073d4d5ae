/** From room version 12 on its creators are above every power level ("Room Version 12"). */
export const hasCreators = (version: string): boolean => !/^(?:[1-9]|1[01])$/u.test(version)
