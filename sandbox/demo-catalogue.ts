export interface DemoProduct {
  readonly id: string
  readonly name: string
  readonly description: string
  /** In minor units. */
  readonly price: number
  readonly stock: number
}

/** A small shop for the well-furnished home office. The last lines are short on purpose: they sell out. */
export const demoCatalogue: readonly DemoProduct[] = [
  product('desk-walnut', 'Walnut desk', 'A solid walnut top on steel legs, 160 by 80 cm.', 64900, 120),
  product('desk-oak', 'Oak desk', 'Oiled oak with a cable tray below, 140 by 70 cm.', 54900, 140),
  product('desk-birch', 'Birch desk', 'Light and narrow, for the corner that is left.', 32900, 200),
  product('desk-standing', 'Standing desk', 'Rises from 65 to 130 cm and remembers four heights.', 79900, 80),
  product('desk-wall', 'Wall desk', 'Folds up against the wall when work is over.', 24900, 90),
  product('chair-task', 'Task chair', 'A mesh back that follows the spine, arms that move away.', 38900, 160),
  product('chair-wool', 'Wool armchair', 'Grey wool on ash legs, for reading rather than typing.', 45900, 60),
  product('chair-saddle', 'Saddle stool', 'Keeps the hips open and the back honest.', 21900, 110),
  product('chair-folding', 'Folding chair', 'Beech and canvas, flat enough to hang on a hook.', 8900, 300),
  product('footrest-cork', 'Cork footrest', 'Tilts as the feet like it, and never slips.', 4900, 250),
  product('lamp-desk', 'Desk lamp', 'A jointed arm and a warm light that dims to a glow.', 7900, 320),
  product('lamp-clamp', 'Clamp lamp', 'Holds on to any edge up to 6 cm.', 5400, 280),
  product('lamp-floor', 'Floor lamp', 'Linen shade on a brass stem, 150 cm tall.', 13900, 90),
  product('lamp-picture', 'Picture lamp', 'A slim bar of light for the wall behind the screen.', 6900, 130),
  product('shelf-ladder', 'Ladder shelf', 'Five steps of pine that lean against the wall.', 15900, 100),
  product('shelf-wall', 'Wall shelf', 'Hidden brackets, 80 cm of oak, holds 20 kg.', 5900, 400),
  product('shelf-cube', 'Cube shelf', 'Stacks as high as you dare, with or without a door.', 3900, 500),
  product(
    'cabinet-rolling',
    'Rolling cabinet',
    'Three drawers that lock and fit under every desk.',
    18900,
    120,
  ),
  product('cabinet-plan', 'Plan cabinet', 'Ten flat drawers for drawings, maps and prints.', 42900, 30),
  product('rug-wool', 'Wool rug', 'Hand-woven, 170 by 240 cm, quiet underfoot.', 28900, 70),
  product('rug-jute', 'Jute mat', 'Rough and golden, for the doorway of the study.', 4400, 210),
  product('curtain-linen', 'Linen curtain', 'Softens the afternoon glare on the screen.', 6400, 180),
  product('clock-wall', 'Wall clock', 'A silent movement and numerals that can be read.', 4900, 240),
  product('clock-sand', 'Sandglass', 'Twenty-five minutes of sand for one thing at a time.', 2400, 350),
  product('tray-letter', 'Letter tray', 'Two levels of steel mesh: in, and out.', 2900, 420),
  product('organiser-felt', 'Felt organiser', 'Five pockets for pens, cables and the odd screw.', 1900, 600),
  product('pad-desk', 'Desk pad', 'Vegetable-tanned leather that ages well, 80 by 40 cm.', 5900, 260),
  product('notebook-dotted', 'Dotted notebook', '192 pages of thread-bound paper that lie flat.', 1600, 999),
  product('pencil-set', 'Pencil set', 'Twelve cedar pencils from 4H to 6B.', 1400, 900),
  product('fountain-pen', 'Fountain pen', 'A steel nib, a piston, and no cartridges.', 6900, 150),
  product('blackboard-small', 'Small blackboard', 'Real slate in a beech frame, with chalk.', 3400, 170),
  product('bookend-pair', 'Pair of bookends', 'Cast iron, felt below, holds a metre of books.', 3200, 230),
  product('plant-rubber', 'Rubber plant', 'A metre tall, forgives a week without water.', 4900, 45),
  product('plant-fern', 'Bird nest fern', 'Likes the shade behind the monitor.', 2700, 25),
  product('globe-antique', 'Antique globe', 'From 1931, with borders that are no more.', 18500, 3),
  product(
    'typewriter-portable',
    'Portable typewriter',
    'Overhauled, with a new ribbon, in its case.',
    24500,
    1,
  ),
]

function product(id: string, name: string, description: string, price: number, stock: number): DemoProduct {
  return { id, name, description, price, stock }
}
