/** What the server says in English about rules, routing, the rota and the form of a field, and the same in Chinese. */

/** `{}` for what changes, as in `SENTENCES` of serverWords. */
export const RULE_SENTENCES: readonly (readonly [string, string])[] = [
  [
    'Correct what `findings` names and send it again; nothing was stored.',
    '请按提示修改，没有保存。',
  ],
  ['Correct what `findings` names; nothing was stored.', '请按提示修改，没有保存。'],
  ['Correct what `errors` names and send the request again.', '请按提示修改后再保存。'],
  ['correct it', '请改正'],
  // Rules of queues (acd/rules/codec.py, api/queues/rules.py).
  ['`waiting` must be 1 or more', '等待人数应不小于 1'],
  ['leave it out where only time counts', '只按时间的请留空'],
  ['`attempts` must be from 0 to {}', '呼叫次数应在 0 到 {} 之间'],
  ['citizens are not to be pestered', '不要打扰市民'],
  ['{} must be a number from 0 to {}', '{} 应在 0 到 {} 之间'],
  ['{} must be a whole number from {} to {}', '{} 应是 {} 到 {} 之间的整数'],
  ['{} must be a level from 1 to {}', '{} 应在 1 到 {} 之间'],
  ['{} is missing', '缺少{}'],
  ['name one', '请填写'],
  ['{} stands more than once', '{} 出现了不止一次'],
  ['keep one of them', '请只保留一个'],
  ['{} flows over to itself', '{} 不能溢出给自己'],
  ['name another queue', '请选择其他队列'],
  // How agents are found (api/queues/rules.py, api/agents/routing.py).
  ['the agent does not serve {}', '座席不在队列 {}'],
  ['give a handicap for queues that the agent serves only', '只为座席所在的队列填写晚到秒数'],
  ['only a line seat has a number', '只有电话座席才有电话号码'],
  ['leave it out, or make it a line seat', '请删除号码，或改为电话座席'],
  ['a line seat needs `phone_number` and `county`', '电话座席要有电话号码和县区'],
  ['give both, or make it a phone', '请都填写，或改为话机座席'],
  ['there is no county {}', '没有县区 {}'],
  ['create it with PUT /api/counties/{id}', '请先添加这个县区'],
  ['it is the telephone of agent {}', '这是座席 {} 的电话'],
  ['give each seat its own number', '每个座席要有自己的号码'],
  ['There is no such agent; GET /api/agents lists those that are.', '没有这个座席。'],
  ['There is no such reason; GET /api/pause-reasons lists those that are.', '没有这个小休原因。'],
  // The rota (api/rota/service.py, api/rota/schemas.py).
  ['{} would have two: {} to {} and {} to {}', '{} 会有两个班次：{} 至 {} 和 {} 至 {}'],
  ['end the one before the other begins, or take one away', '请让前一个先结束，或删除一个'],
  ['nobody works here as {}', '没有座席 {}'],
  [
    'No duty starts in the week that is to be copied; GET /api/rota shows it.',
    '要复制的这一周没有值班班次。',
  ],
  [
    'This would write more than {} shifts; name fewer agents or weeks.',
    '班次太多，请减少座席或周数。',
  ],
  ['give a Monday, such as {}', '请选择周一，例如 {}'],
  ['give a whole minute', '请填到整分钟'],
  ['write at least one word', '请至少写一个字'],
]

/** What fields of each pattern may hold. */
export const PATTERNS: readonly (readonly [string, string])[] = [
  ['^[A-Za-z0-9_-]{1,64}$', '请用不超过 64 个字母、数字、- 和 _'],
  ['^[a-z0-9][a-z0-9-]{0,31}$', '请用不超过 32 个小写字母、数字和 -，开头不用 -'],
  ['^[a-z0-9-]{0,32}$', '请用不超过 32 个小写字母、数字和 -'],
  ['^[a-z0-9_-]{1,32}$', '请用不超过 32 个小写字母、数字、- 和 _'],
  ['^[A-Za-z0-9.:-]{1,100}$', '请填主机名或 IP 地址'],
  ['^[0-9]{2,20}$', '请填 2 到 20 位数字'],
  ['^([01][0-9]|2[0-3]):[0-5][0-9]$', '请按 08:30 的格式填写'],
]

/** What the server's library says of the form of a field. */
export const FORM_SENTENCES: readonly (readonly [string, string])[] = [
  ['Field required', '必须填写'],
  ['Input should be a valid integer', '请填整数'],
  ['Input should be a valid integer, {}', '请填整数'],
  ['Input should be a valid number', '请填数字'],
  ['Input should be a valid number, {}', '请填数字'],
  ['Input should be greater than or equal to {}', '应不小于 {}'],
  ['Input should be less than or equal to {}', '应不大于 {}'],
  ['String should have at least 1 character', '必须填写'],
  ['String should have at most {} characters', '最多 {} 个字'],
  ['List should have at least 1 item after validation, not 0', '至少选择一个'],
  ...PATTERNS.map(
    ([pattern, words]) => [`String should match pattern '${pattern}'`, words] as const,
  ),
]
