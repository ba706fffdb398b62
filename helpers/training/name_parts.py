# ruff: noqa: SIM905 (word lists read better as text)
"""What proper names are put together from."""

__all__ = [
    "ADJ",
    "BACK",
    "CODA",
    "FRONT",
    "LAST",
    "MEN",
    "NOUN",
    "ONSET",
    "PETS",
    "TAIL",
    "VOWEL",
    "WOMEN",
]

MEN = """
    Adam Albert Alan Alfred Amir Andrew Anton Arthur Ben Bernard Boris Carl Carlos Cedric
    Charles Clive Conrad Cyril Daniel David Dmitri Edgar Edmund Edward Edwin Emil Eric Ernest
    Farid Felix Francis Frank Fred George Gilbert Giles Gregory Gustav Harold Hassan Henry
    Herbert Hiro Hugh Hugo Ibrahim Igor Isaac Ivan Jack Jacob James Jan Jasper Joel John Jonas
    Joseph Juan Julian Karim Karl Kenji Kofi Kwame Lars Leo Leon Leonard Lewis Louis Luca Lucas
    Luis Magnus Malcolm Marco Mark Martin Matthew Maurice Max Michael Miguel Milo Nathan Neil
    Nils Noah Oliver Omar Oscar Otto Owen Pablo Patrick Paul Pedro Percy Peter Philip Piotr
    Rafael Ralph Raymond Reuben Richard Robert Roger Rohan Roland Rufus Rupert Samuel Sanjay
    Sidney Silas Simon Stefan Stephen Sven Tariq Theo Theodore Thomas Tobias Tom Victor Vincent
    Walter Wilfred Will William Yusuf Zoltan
""".split()
"""Men's first names."""
WOMEN = """
    Ada Adela Agatha Agnes Aisha Alice Alma Amara Amelia Amina Anita Ann Anna Beatrice Bella
    Bertha Bridget Camille Carmen Caroline Catherine Cecilia Celia Chiara Clara Claire Constance
    Cora Daisy Daphne Diana Dora Dorothy Edith Eleanor Elena Eliza Elizabeth Ella Ellen Elsa
    Emily Emma Esther Ethel Eva Evelyn Fatima Fiona Flora Florence Frances Freya Gertrude Grace
    Greta Hannah Harriet Hazel Helen Helga Hilda Ida Ines Ingrid Irene Iris Isabel Ivy Jane
    Janet Jean Joan Josephine Joyce Judith Julia Karin Kate Katya Laila Laura Leila Lena Lily
    Lucia Lucy Lydia Mabel Maeve Margaret Maria Marina Marta Martha Mary Matilda Maud May Mei
    Mercy Mira Miriam Molly Nadia Nancy Naomi Nell Nina Nora Olga Olive Olivia Pauline Petra
    Phoebe Priya Rachel Rebecca Rosa Rose Ruth Sabina Sara Sarah Selma Signe Sofia Sonia Sophie
    Stella Susan Sybil Sylvia Tamara Tanya Teresa Ursula Vera Victoria Viola Violet Winifred
    Yasmin Yuki Zara Zelda
""".split()
"""Women's first names."""
LAST = """
    Abbott Archer Baker Barnes Barrow Bell Bishop Black Blake Bond Booth Brook Brown Burns
    Carter Chase Clark Cole Cook Cooper Cross Dale Day Dean Drake Dunn Fisher Fletcher Ford
    Forrest Foster Fox Frost Gardner Gates Gibbs Grant Graves Gray Green Hale Hall Hardy Harris
    Hart Hayes Hill Hobbs Holt Hood Hunt Ivanov Jensen Jones Keane Kent King Knight Kumar Lake
    Lamb Lane Larsen Lee Long Lowe Marsh Mason Mills Moore Moss Nash Novak Osei Page Park Patel
    Pike Pope Price Quinn Rao Reed Rice Rose Ross Rowe Sato Shaw Silva Singh Smith Snow Steele
    Stone Swann Tanaka Tate Todd Turner Vance Vane Wade Walker Ward Watts Webb Weber Wells West
    White Wolfe Wood Wright Young
""".split()
"""Family names."""
FRONT = """
    Ald Alder Ash Bar Beck Bir Black Bram Brad Bright Bro Bur Cal Car Chal Chat Clay Col Cop
    Corn Cran Dal Dray East El Elm Fal Far Fen Gar Glen Had Hal Ham Har Hart Haver Hazel Hol Hun
    Kel Kes Kil Lang Lim Lin Long Mal Mar Mel Mer Mid Mil Nor North Oak Old Pem Pen Pres Red Ren
    Ro Rock Row Sal Sea Shel Sil Stan Stave Stock Stone Strat Sud Sut Swan Tam Ten Thorn Tor Tre
    Wal Wake War Wave Wen West Whit Wil Win Wood Wor Yar
""".split()
"""First parts of English place names."""
BACK = """
    beck borne borough bourne bridge brook burn burgh bury by church cliffe combe cott croft
    dale den dean dene field ford gate ham haven head holm hurst ington kirk land leigh ley low
    man mere minster mond more mouth ness over ridge sall sett shaw stead sted stoke stone ston
    stow thorpe ton vale well wich wick wold wood worth
""".split()
"""Last parts of English place names."""
ONSET = """
    b bl br c ch cl cr d dr f fl g gl gr h j k kl kr l m n p pl pr q r s sh sk st t th tr v w y
    z zh
""".split()
"""What an invented syllable begins with."""
VOWEL = """
    a a a e e e i i o o u u ai au ei ea ia io oa ou
""".split()
"""Its vowels; those that stand more often are drawn more often."""
CODA = """
    - - - - l n r s m k t d nd rn st sk x lt ng
""".split()
CODA = ["" if part == "-" else part for part in CODA]
"""What an invented word ends with; most of the time nothing."""
TAIL = """
    ov ova ski ska ez es ini elli etti oni ssen sson sen berg stein mann enko uk vic wala moto
    mura yama shi ani abi oglu aris idis akos eau ier ard et ens aert stra ema quist gren lund
    dottir ali
""".split()
"""Endings of family names from several languages."""
ADJ = """
    Amber Ancient Autumn Bitter Black Blue Bright Broken Burning Cold Copper Crimson Crooked
    Dark Distant Empty Fallen Forgotten Frozen Gentle Glass Golden Green Grey Hidden Hollow Iron
    Last Little Lonely Long Lost Midnight Narrow New Northern Old Open Paper Pale Patient Quiet
    Red Restless Second Secret Seventh Silent Silver Slow Small Southern Sleeping Stolen Summer
    Tall Twin Velvet White Wild Winter Wooden
""".split()
"""Adjectives for the names of ships, inns and books."""
NOUN = """
    Anchor Apple Arrow Bell Bird Boat Bridge Candle Castle Clock Cloud Crown Dancer Door Dream
    Falcon Feather Fire Fisherman Flame Forest Fountain Garden Gate Harbour Harvest Heart
    Horizon Horse Hour House Island Journey Key King Lantern Letter Library Lighthouse Map
    Meadow Mirror Moon Morning Mountain Needle Night Orchard Path Piper Queen Raven Ribbon River
    Road Rose Sailor Sea Shadow Shepherd Ship Shore Song Sparrow Spring Stair Star Storm
    Stranger Table Tide Tower Traveller Tree Valley Voice Wall Well Wheel Willow Wind Window
    Wolf Year
""".split()
"""Nouns for them."""
PETS = """
    Bramble Biscuit Patch Pepper Rusty Shadow Smokey Tiger Misty Bella Rex Scout Nutmeg Tinker
    Juno Pip Toby Mabel Socks Ginger Duke Sooty Domino Bess Captain Clover Dusty Fern Hector
    Jasper Muffin
""".split()
"""Names of pets."""
