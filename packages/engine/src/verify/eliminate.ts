/**
 * Solves a system of linear equations by Gauss's elimination with the largest pivots.
 * @param rows each a row of the square matrix and, last, its right side; they are changed
 * @returns null where the system has no single solution
 */
export const eliminated = (rows: Float64Array[]): number[] | null => {
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    const pivot = rows
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column] as number) > Math.abs(best[column] as number) ? row : best));
    if (!(Math.abs(pivot[column] as number) > 1e-9)) return null;
    const at = rows.indexOf(pivot);
    [rows[at], rows[column]] = [rows[column] as Float64Array, pivot];
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = (row[column] as number) / (pivot[column] as number);
      for (let j = column; j <= size; j += 1) row[j] = (row[j] as number) - factor * (pivot[j] as number);
    }
  }
  return rows.map((row, index) => (row[size] as number) / (row[index] as number));
};
