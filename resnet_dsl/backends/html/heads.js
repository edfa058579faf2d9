// What ends beside the arms of a U: auxiliary heads, and what never runs.

// Heads beside both ways, then what follows on the U below those on the right, then the heads of that.
// Returns where all of it ends.
function placeHeads({ heads, right, tail }, bottom) {
  const hung = (from, leavesOf) => hang(heads.filter(from).map((head) => Object.assign(head, { leaves: head.from.y + leavesOf(head.from) })));
  const atLeft = hung((head) => head.isLeft, leavesAt);
  const atRight = hung((head) => right.includes(head.from), risesFrom);
  const drop = tail.length ? Math.max(0, atRight + STEP - tail[0].y) : 0;
  for (const cell of tail) cell.y += drop;
  return Math.max(bottom + drop, atLeft, atRight, hung((head) => tail.includes(head.from), leavesAt));
}

// Where a line leaves to the side of what rises, from the top of its cell.
function risesFrom(cell) {
  return cell.bottoms ? -CLEAR : cell.stack[cell.stack.length - 1].h / 2;
}

// Each head begins where it leaves and goes down: beside that, or below the line where others pass it.
// One that reaches down to a lower head stands in a column further out. Returns where the lowest ends.
function hang(heads) {
  const tops = [];
  let end = 0;
  for (const head of heads.slice().sort((a, b) => b.leaves - a.leaves)) {
    const { chain, leaves } = head, half = chain[0].stack[0].h / 2;
    const isFree = (y, top = Infinity) => y >= 0 && y + heightOf(chain) <= top;
    const isAlone = !head.passed && heads.every((other) => other === head || Math.abs(other.leaves - leaves) > 1);
    head.hangs = Boolean(chain[0].tops) || !isAlone || !isFree(leaves - half, tops[0]);
    let y = head.hangs ? leaves + CLEAR : leaves - half;
    head.column = 0;
    while (!isFree(y, tops[head.column])) head.column++;
    tops.fill(leaves, 0, head.column);  // its line passes these columns
    tops[head.column] = Math.min(y, leaves);
    for (const cell of chain) { cell.y = y; y += cell.h + STEP; }
    end = Math.max(end, y - STEP);
  }
  return end;
}
