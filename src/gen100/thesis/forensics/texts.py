"""What forensics.{en,uk}.md says, in sentences to be filled from rows."""

from gen100.report.words import Text

TITLE: Text = {
    "en": "Why IS = 1.00 and FID of {low} to {high}? Mistakes of measuring, applied one at a time",
    "uk": "Чому IS = 1.00, а FID — від {low} до {high}? Помилки вимірювання, застосовані по одній",
}
VERDICTS: dict[str, Text] = {
    "explains both": {"en": "explains both", "uk": "пояснює обидва стовпці"},
    "explains IS": {"en": "explains IS", "uk": "пояснює IS"},
    "explains FID": {"en": "explains FID", "uk": "пояснює FID"},
    "ruled out": {"en": "ruled out", "uk": "виключено"},
}
MISSES: dict[str, Text] = {
    "low": {"en": "FID too low", "uk": "FID замалий"},
    "high": {"en": "FID too high", "uk": "FID завеликий"},
    "mixed": {"en": "FID in range not for all", "uk": "FID у межах не для всіх"},
    "same": {"en": "the same FID for all", "uk": "однаковий FID для всіх"},
    "": {"en": "FID in range", "uk": "FID у межах"},
}
HEADS: dict[str, Text] = {
    "mistake": {"en": "Mistake", "uk": "Помилка"},
    "seen": {"en": "Where it is seen", "uk": "Де трапляється"},
    "is_real": {"en": "IS, real", "uk": "IS, справжні"},
    "is_samples": {"en": "IS, samples", "uk": "IS, зразки"},
    "fid_real": {"en": "Distance, real", "uk": "Відстань, справжні"},
    "fid_samples": {"en": "Distance, samples", "uk": "Відстань, зразки"},
    "inception": {"en": "As Inception's FID, samples", "uk": "У шкалі FID від Inception, зразки"},
    "images": {"en": "Images", "uk": "Зображень"},
    "verdict": {"en": "Verdict", "uk": "Висновок"},
}
SECTIONS: dict[str, Text] = {
    "conclusions": {"en": "What survives", "uk": "Які пояснення лишаються"},
    "singles": {"en": "One mistake at a time", "uk": "По одній помилці"},
    "pairs": {"en": "Two at once that give both columns", "uk": "Дві помилки водночас, що дають обидва стовпці"},
    "printed": {"en": "What the printed numbers say", "uk": "Що кажуть самі надруковані числа"},
    "method": {"en": "How it was measured", "uk": "Як виміряно"},
}
NONE: Text = {"en": "none", "uk": "немає"}

RIGHT: Text = {
    "en": "By the right procedure IS is {real} for real images and {samples} for samples; it prints 1.00 for"
    " {printing} of {sets} sets. Samples lie at {inception} on the scale of Inception's FID"
    " (the printed range is {low} to {high}).",
    "uk": "За правильної процедури IS становить {real} для справжніх зображень і {samples} для зразків; 1.00"
    " виходить для {printing} з {sets} наборів. Зразки мають {inception} у шкалі FID від Inception (надруковано"
    " від {low} до {high}).",
}
SCORE: Text = {
    "en": "IS = 1.00 for every set, real images too ({count}): {names}.",
    "uk": "IS = 1.00 для кожного набору, також для справжніх зображень ({count}): {names}.",
}
EXACTLY: Text = {
    "en": "Of these, IS is exactly 1, not only rounded to it ({count}): {names}.",
    "uk": "З них IS дорівнює 1 точно, а не після округлення ({count}): {names}.",
}
DISTANCE: Text = {
    "en": "FID may lie in the printed range for the samples of every model ({count}): {names}.",
    "uk": "FID може лежати в надрукованих межах для зразків кожної моделі ({count}): {names}.",
}
SPREADS: Text = {
    "en": "Between models these differ by a factor of (printed: {ratio}): {spreads}.",
    "uk": "Між моделями вони відрізняються в стільки разів (надруковано: {ratio}): {spreads}.",
}
REAL_TOO: Text = {
    "en": "Of these, even real images would get a FID in the range, so that it says next to nothing of a model"
    " ({count}): {names}.",
    "uk": "З них навіть справжні зображення мали б FID у межах, тож він майже нічого не каже про модель"
    " ({count}): {names}.",
}
PARTLY: Text = {
    "en": "FID in the range for the samples of some models only ({count}): {names}.",
    "uk": "FID у межах для зразків лише деяких моделей ({count}): {names}.",
}
BOTH: Text = {
    "en": "Both columns by one mistake ({count}): {names}.",
    "uk": "Обидва стовпці через одну помилку ({count}): {names}.",
}
PAIRS: Text = {
    "en": "Both columns by two mistakes, of which the first changes both numbers ({count}): {names}.",
    "uk": "Обидва стовпці через дві помилки, перша з яких змінює обидва числа ({count}): {names}.",
}
APART: Text = {
    "en": "Both columns also by any of {scores} mistakes of IS alone together with any of {distances} that explain"
    " FID: the two columns are computed apart from each other. IS: {names}.",
    "uk": "Обидва стовпці також через будь-яку з {scores} помилок лише в IS разом із будь-якою з {distances}, що"
    " пояснюють FID: ці стовпці обчислюються окремо. IS: {names}.",
}
NEITHER: Text = {
    "en": "Ruled out: neither column ({count}): {names}.",
    "uk": "Виключено, не пояснюють жодного стовпця ({count}): {names}.",
}
MISSED: Text = {
    "en": "Of the mistakes that explain IS and change FID too, {miss}: {names}.",
    "uk": "З помилок, що пояснюють IS і змінюють також FID, {miss}: {names}.",
}

PRINTED_SCORE: Text = {
    "en": "All {count} cells print IS = {scores}. A score that prints 1.00 is under 1.005: on average an image's"
    " predicted classes differ from their mean by less than {nats} nats. If the score was computed rightly, the"
    " classifier said the same of every image, for every model.",
    "uk": "В усіх комірках ({count}) IS = {scores}. Оцінка, що друкується як 1.00, менша за 1.005: у середньому"
    " передбачені класи зображення відрізняються від середнього розподілу менш ніж на {nats} ната. Якщо оцінку"
    " обчислено правильно, класифікатор казав однакове про кожне зображення кожної моделі.",
}
PRINTED_RANGE: Text = {
    "en": "FID lies between {low} and {high}, a factor of {ratio}. The samples measured here differ by a factor of"
    " {own} by the right procedure. Medians by model: {medians}.",
    "uk": "FID лежить між {low} і {high}, тобто відрізняється в {ratio} раза. Виміряні тут зразки за правильної"
    " процедури відрізняються в {own} раза. Медіани за моделями: {medians}.",
}
PRINTED_MODELS: Text = {
    "en": "A Kruskal-Wallis test over all models gives p = {p_all}, without the one of the highest median"
    " p = {p_rest}. {told}",
    "uk": "Критерій Краскела-Воллеса для всіх моделей дає p = {p_all}, без моделі з найвищою медіаною"
    " p = {p_rest}. {told}",
}
TOLD_APART: dict[bool, Text] = {
    True: {
        "en": "So the printed FIDs tell even those models apart.",
        "uk": "Отже, надруковані FID розрізняють навіть ці моделі.",
    },
    False: {
        "en": "So the printed FIDs do not tell those models apart, as is to be expected where most of a number"
        " comes from what all cells share: the real images, the network or the formula.",
        "uk": "Отже, надруковані FID не розрізняють цих моделей. Так і має бути там, де більшу частину числа"
        " визначає спільне для всіх комірок: справжні зображення, мережа чи формула.",
    },
}
PRINTED_SIZES: Text = {
    "en": "The larger latent has the lower FID in {lower} of {pairs} pairs.",
    "uk": "Більший латентний простір має менший FID у {lower} з {pairs} пар.",
}

METHOD: Text = {
    "en": "Data: {data}. Network: {network}. Samples: {samples} images a set, of {cells} (seed {seed}). Reference:"
    " {reference}. Fewer images were taken where the table says so. Every line is the right procedure with one"
    " part exchanged; the distance is in units of the network that measured.",
    "uk": "Дані: {data}. Мережа: {network}. Зразки: {samples} зображень у наборі, з {cells} (зерно {seed})."
    " Еталон: {reference}. Де взято менше зображень, це вказано в таблиці. Кожен рядок — правильна процедура, у"
    " якій замінено одну частину; відстань наведено в одиницях мережі, що вимірювала.",
}
SCALE_OWN: Text = {
    "en": "This network's distances have a scale of their own. Noise, by the right procedure, is at {noise}; under"
    ' Inception v3 it is assumed to be at {from_} to {to} (a bracket for "a few hundred", not measured here).'
    " The column on Inception's scale multiplies accordingly, and a distance counts as in range where that span"
    " meets the printed one. For features of another kind than pooled ones the factor is this network's and only"
    " an indication. Pixels and the untrained Inception v3 need no such factor.",
    "uk": "Відстані цієї мережі мають власну шкалу. Шум за правильної процедури має {noise}; для Inception v3"
    " припущено від {from_} до {to} (межі для «кількох сотень», тут не виміряно). Стовпець у шкалі Inception"
    " множить на відповідний коефіцієнт, і відстань вважається такою, що лежить у межах, якщо цей проміжок"
    " перетинається з надрукованим. Для ознак іншого виду, ніж агреговані, коефіцієнт належить саме цій мережі та"
    " є лише орієнтиром. Пікселі та ненавчена Inception v3 такого коефіцієнта не потребують.",
}
SCALE_INCEPTION: Text = {
    "en": "Inception v3 measured, so that distances compare with the printed FIDs as they are; noise, by the right"
    " procedure, is at {noise}.",
    "uk": "Вимірювала Inception v3, тож відстані порівнянні з надрукованими FID безпосередньо; шум за правильної"
    " процедури має {noise}.",
}
RULE: Text = {
    "en": "A mistake explains IS where every set prints 1.00, real images too, and FID where the samples of every"
    " model are in range and do not all get the same number. The verdict on FID is of the models measured here,"
    " not of the thesis' own, whose images are not at hand.",
    "uk": "Помилка пояснює IS, якщо кожен набір дає 1.00, також справжні зображення, і пояснює FID, якщо зразки"
    " кожної моделі лежать у межах і не всі мають одне число. Висновок щодо FID стосується виміряних тут моделей,"
    " а не моделей магістерської роботи, зображень яких немає.",
}
SKIPPED: Text = {
    "en": "Not tried with this network and data: {names}.",
    "uk": "Не випробувано з цією мережею та даними: {names}.",
}
