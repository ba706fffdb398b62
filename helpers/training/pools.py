"""Pools of ordinary words, one for each word type of the text forms."""

__all__ = ["POOLS"]

_TEXT: dict[str, str] = {
    "animal": """
        badger otter hare fox wolf deer goat sheep donkey camel beaver squirrel hedgehog mole
        weasel lynx bear boar elk moose rabbit mouse rat bat seal walrus whale dolphin horse
        mule ox buffalo bison lizard turtle tortoise frog toad newt snake pony calf lamb monkey
        porcupine tiger leopard stoat
    """,
    "bird": """
        heron crane stork swan goose duck owl hawk falcon eagle kite buzzard raven crow rook
        jackdaw magpie thrush blackbird robin wren finch sparrow swallow swift lark nightingale
        cuckoo woodpecker kingfisher pigeon dove gull tern plover curlew sandpiper pelican
        cormorant puffin quail pheasant
    """,
    "fish": """
        salmon trout pike perch carp eel cod herring mackerel haddock plaice sole halibut
        sturgeon tench bream roach minnow sardine anchovy tuna bass mullet turbot flounder ray
        skate lamprey barbel grayling chub dace gudgeon loach burbot catfish whiting hake smelt
        sprat pilchard swordfish
    """,
    "tree": """
        oak ash elm beech birch willow poplar alder maple lime chestnut walnut hazel rowan holly
        yew pine spruce fir larch cedar cypress juniper olive fig mulberry plum cherry apple
        pear acacia palm sycamore hornbeam aspen hawthorn blackthorn elder laurel plane
        eucalyptus magnolia
    """,
    "flower": """
        rose lily tulip daisy violet poppy iris orchid primrose cowslip bluebell snowdrop crocus
        daffodil foxglove lavender lupin marigold pansy peony carnation buttercup dandelion
        thistle heather gorse clover cornflower sunflower dahlia aster anemone hyacinth jasmine
        geranium begonia lotus gentian harebell honeysuckle chrysanthemum camellia
    """,
    "fruit": """
        apple pear plum cherry peach apricot quince fig grape melon lemon orange lime grapefruit
        strawberry raspberry blackberry gooseberry blueberry cranberry currant mulberry
        pomegranate date banana mango pineapple papaya guava olive damson nectarine tangerine
        medlar elderberry coconut persimmon kiwi passionfruit loganberry
    """,
    "vegetable": """
        cabbage carrot turnip parsnip beetroot radish onion leek garlic shallot potato tomato
        cucumber lettuce spinach kale celery fennel artichoke asparagus broccoli cauliflower pea
        bean pumpkin marrow squash courgette aubergine pepper sprout chard swede yam cassava
        watercress rhubarb endive chicory okra
    """,
    "dish": """
        stew soup broth pie pudding porridge dumpling pancake omelette casserole curry risotto
        salad sausage trifle tart chowder goulash hotpot pasty roast gratin kedgeree crumble
        flan quiche terrine noodle pickle chutney fritter waffle meatball ragout stuffing
        custard lasagne paella pilaf flatbread
    """,
    "drink": """
        tea coffee cocoa milk cider beer ale stout wine port sherry brandy whisky gin rum vodka
        mead lemonade cordial juice buttermilk punch vermouth absinthe lager perry syrup kefir
        chocolate barley-water ginger-beer champagne claret soda water tonic elderwine bitters
        nectar sarsaparilla
    """,
    "metal": """
        iron steel copper tin lead zinc silver gold brass bronze pewter nickel aluminium
        platinum titanium tungsten cobalt chromium mercury magnesium manganese cadmium bismuth
        antimony vanadium iridium palladium rhodium osmium gallium indium thallium lithium
        sodium potassium calcium barium uranium thorium radium
    """,
    "stone": """
        granite marble slate limestone sandstone basalt flint chalk quartz obsidian alabaster
        soapstone gneiss schist porphyry travertine pumice shale serpentine dolerite gabbro tuff
        mudstone ironstone gritstone diorite rhyolite andesite chert onyx jasper quartzite
        dolomite gypsum breccia conglomerate clay marl greenstone whinstone
    """,
    "fabric": """
        wool cotton linen silk velvet satin canvas denim felt flannel tweed corduroy lace muslin
        calico hessian serge worsted gabardine chiffon taffeta brocade damask gingham poplin
        organza tulle cashmere mohair nylon fleece baize sailcloth sackcloth oilcloth twill
        crepe chintz fustian jersey moleskin
    """,
    "colour": """
        red blue green yellow white black grey brown orange purple pink violet scarlet crimson
        turquoise indigo ochre amber ivory cream beige maroon navy olive teal lilac lavender
        gold silver copper russet rust charcoal magenta khaki mustard lemon emerald azure coral
    """,
    "instrument": """
        violin viola cello piano organ harp flute oboe clarinet bassoon trumpet trombone horn
        tuba guitar lute mandolin banjo accordion concertina harmonium fiddle recorder whistle
        drum tambourine xylophone cornet bugle saxophone bagpipe zither dulcimer harpsichord
        spinet lyre piccolo timpani harmonica balalaika
    """,
    "sport": """
        football cricket rugby tennis hockey rowing cycling swimming wrestling boxing fencing
        archery golf badminton basketball volleyball handball skiing skating sailing athletics
        gymnastics bowls croquet polo curling darts squash lacrosse netball judo climbing diving
        canoeing snooker billiards baseball softball surfing weightlifting
    """,
    "language": """
        English French German Italian Spanish Portuguese Dutch Danish Swedish Norwegian Finnish
        Russian Polish Czech Hungarian Greek Turkish Arabic Hebrew Persian Hindi Bengali Tamil
        Chinese Japanese Korean Latin Welsh Irish Breton Basque Catalan Romanian Bulgarian
        Serbian Ukrainian Swahili Malay Thai Vietnamese Icelandic Latvian Estonian
    """,
    "nationality": """
        English French German Italian Spanish Portuguese Dutch Danish Swedish Norwegian Finnish
        Russian Polish Czech Hungarian Greek Turkish Egyptian Iranian Indian Chinese Japanese
        Korean Welsh Irish Scottish Belgian Austrian Swiss Romanian Bulgarian Serbian Ukrainian
        Canadian American Mexican Brazilian Chilean Peruvian Australian Kenyan Nigerian
    """,
    "occupation": """
        teacher farmer carpenter baker butcher blacksmith tailor weaver miller shepherd
        fisherman sailor soldier doctor nurse surgeon lawyer judge clerk printer painter
        sculptor potter musician singer actor dancer writer poet journalist engineer architect
        surveyor mason plumber electrician chemist pharmacist gardener cook waiter postman
        librarian photographer mechanic watchmaker bookbinder shoemaker cobbler saddler cooper
        glazier
    """,
    "subject": """
        mathematics physics chemistry biology geology geography history philosophy law medicine
        economics astronomy botany zoology archaeology anthropology sociology psychology
        linguistics literature theology music painting architecture engineering agriculture
        forestry statistics logic grammar rhetoric politics meteorology ecology genetics anatomy
        surgery dentistry accounting navigation
    """,
    "vehicle": """
        bicycle tricycle motorcycle car van lorry bus tram train cart wagon carriage coach
        sledge tractor ambulance taxi scooter balloon airship glider aeroplane helicopter canoe
        rowing-boat yacht barge ferry dinghy steamer wheelbarrow handcart caravan locomotive
        trolleybus sleigh rickshaw hovercraft raft punt
    """,
    "tool": """
        hammer saw chisel plane drill file rasp axe hatchet knife scythe sickle spade shovel
        rake hoe fork pick crowbar wrench spanner screwdriver pliers tongs anvil vice clamp
        trowel level needle loom spindle lathe bellows ladle sieve pulley lever mallet awl
        shears pitchfork
    """,
    "disease": """
        measles mumps smallpox cholera typhoid typhus malaria influenza pneumonia bronchitis
        tuberculosis scarlet-fever diphtheria whooping-cough rabies tetanus plague leprosy polio
        scurvy rickets gout asthma anaemia arthritis diabetes dysentery jaundice hepatitis
        meningitis rheumatism pleurisy tonsillitis dengue beriberi epilepsy migraine
        bronchiolitis eczema pellagra
    """,
    "material": """
        wood glass paper leather clay brick concrete plaster rubber plastic wax wicker straw
        reed bone horn ivory rope canvas cork bamboo cardboard ceramic porcelain tile stone iron
        steel copper brass bronze timber oak pine felt wool cotton linen silk resin tar mud
    """,
    "furniture": """
        table chair bench stool desk cupboard wardrobe chest bed cradle sofa armchair bookcase
        shelf dresser sideboard cabinet settle mirror lamp screen couch footstool rocking-chair
        bureau washstand hatstand trunk pew lectern counter crib hammock divan bookshelf
        nightstand workbench high-chair ottoman throne
    """,
    "garment": """
        coat cloak cape jacket waistcoat shirt blouse skirt dress gown apron shawl scarf hat cap
        bonnet hood glove mitten sock stocking boot shoe sandal slipper belt sash tunic jersey
        cardigan pullover robe uniform kilt petticoat overcoat raincoat turban veil beret
    """,
    "genre": """
        tragedy comedy satire romance fantasy horror mystery thriller biography memoir ballad
        opera operetta symphony sonata waltz jazz blues folk-song hymn lullaby march farce
        melodrama novella fable essay ode sonnet elegy pastoral documentary western musical
        cantata oratorio ballet cartoon science-fiction travelogue
    """,
    "crop": """
        wheat barley oats rye maize rice millet sorghum flax hemp cotton tobacco hops potatoes
        turnips sugar-beet sugar-cane clover lucerne rapeseed mustard lentils beans peas onions
        grapes olives coffee tea cocoa indigo saffron buckwheat sunflowers soybeans peanuts
        cabbages carrots madder lavender
    """,
    "gem": """
        ruby sapphire emerald diamond topaz opal pearl garnet amethyst turquoise jade amber onyx
        agate jasper beryl aquamarine moonstone peridot zircon citrine lapis coral carnelian
        malachite tourmaline spinel bloodstone jet sunstone chalcedony sardonyx hematite
        obsidian alexandrite tanzanite kunzite labradorite quartz rhodonite
    """,
    "weather": """
        rain snow hail fog mist frost sleet drizzle thunder lightning drought sunshine wind gale
        storm blizzard hurricane tornado cyclone typhoon heatwave downpour shower thunderstorm
        hailstorm snowstorm rainstorm sandstorm flooding ice haze cloud damp cold heat gales
        frosts showers squalls breeze
    """,
}

POOLS: dict[str, tuple[str, ...]] = {
    name: tuple(word.replace("-", " ") for word in text.split()) for name, text in _TEXT.items()
}
"""The words of each pool, by type."""
