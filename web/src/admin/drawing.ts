/** Where the boxes and arrows of a menu's drawing stand, from the layers that the server gives; pure. */

export interface DrawnNode {
  name: string
  /** 0: where calls begin. */
  layer: number
  position: number
}

export interface DrawnEdge {
  source: string
  target: string
  label: string
  /** It leads to the same layer or an earlier one. */
  backwards: boolean
}

export interface Box {
  name: string
  x: number
  y: number
}

export interface Arrow extends DrawnEdge {
  /** An SVG path from box to box. */
  path: string
  /** Where the label stands. */
  x: number
  y: number
}

export interface Drawing {
  boxes: Box[]
  arrows: Arrow[]
  width: number
  height: number
}

export const BOX = { width: 184, height: 78 }
const GAP = { x: 104, y: 28 }
const MARGIN = 14

/** Layers stand beside each other from left to right; an edge to what is no node is left out. */
export function draw(nodes: DrawnNode[], edges: DrawnEdge[]): Drawing {
  const boxes = nodes.map(({ name, layer, position }) => ({
    name,
    x: MARGIN + layer * (BOX.width + GAP.x),
    y: MARGIN + position * (BOX.height + GAP.y),
  }))
  const places = new Map(boxes.map((box) => [box.name, box]))
  const arrows = edges.flatMap((edge) => {
    const from = places.get(edge.source)
    const to = places.get(edge.target)
    return from === undefined || to === undefined ? [] : [arrow(edge, from, to)]
  })
  return {
    boxes,
    arrows,
    width: Math.max(0, ...boxes.map((box) => box.x + BOX.width)) + GAP.x / 2 + MARGIN,
    height: Math.max(0, ...boxes.map((box) => box.y + BOX.height)) + MARGIN,
  }
}

function arrow(edge: DrawnEdge, from: Box, to: Box): Arrow {
  const x1 = from.x + BOX.width
  const y1 = from.y + BOX.height / 2
  const y2 = to.y + BOX.height / 2
  // Backwards: in again from the right, so that no line crosses the box it leaves.
  const x2 = edge.backwards ? to.x + BOX.width : to.x
  const bend = edge.backwards ? GAP.x / 2 : (x2 - x1) / 2
  const c1 = x1 + bend
  const c2 = edge.backwards ? x2 + bend : x2 - bend
  const path = `M ${x1} ${y1} C ${c1} ${y1}, ${c2} ${y2}, ${x2} ${y2}`
  return { ...edge, path, x: (x1 + 3 * c1 + 3 * c2 + x2) / 8, y: (y1 + y2) / 2 }
}
